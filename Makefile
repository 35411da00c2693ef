# Runyard: `make help` lists the targets.
#
#   SCRIPT=…         the script of `make serve`, the scripts of `make inspect-check`
#   PORT=…          port of `make serve` (default: 8099 or the next free one)
#   SERVE_ARGS=…    further options of the server, e.g. SERVE_ARGS=--no-browser
#   CHROMIUM=…      the browser of `make test` (default: chromium from the PATH, else from the distribution)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.SILENT:
# Cargo, npm and pip share two cores and their locks better one after the other.
.NOTPARALLEL:

STAMPS := target/stamps
# npm writes these last, so they are stamps that vanish with what they stand for.
NPM_XTASK := xtask/node_modules/.package-lock.json
NPM_END2END := end2end/node_modules/.package-lock.json
PYTHON := $(CURDIR)/target/venv/bin/python
SCRIPT ?= examples/digits/train.py
SERVE_ARGS ?=
PORT ?=

.PHONY: inspect-check help serve test check build bench browser tools wasm faults fmt clean

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

serve: build $(STAMPS)/venv ## build, start on the example and print the address
	echo "==> runyard $(SCRIPT)"
	exec target/release/runyard "$(SCRIPT)" --python "$(PYTHON)" $(if $(PORT),--port $(PORT)) $(SERVE_ARGS)

test: tools $(NPM_XTASK) $(NPM_END2END) wasm $(STAMPS)/venv $(STAMPS)/inspect-venv browser faults ## everything: lints, tests, documentation, the browser
	xtask/verify.sh fmt lint lint-wasm tests doctests docs tools python build browser

check: tools wasm $(STAMPS)/venv $(STAMPS)/inspect-venv ## the fast part: format, lints, tests
	xtask/verify.sh fmt lint lint-wasm tests

build: tools $(NPM_XTASK) wasm ## target/release/runyard with the web client inside
	cargo xtask dist

bench: build $(NPM_END2END) $(STAMPS)/venv browser ## measure: a table, and target/bench.json
	echo "==> benchmarks"
	CHROMIUM="$$(xtask/setup.sh browser-path)" node end2end/bench/main.mjs

inspect-check: tools $(STAMPS)/inspect-venv ## compare the reading of scripts with their real parsers: SCRIPT="a.py b.py"
	cargo build --quiet -p runyard
	xtask/inspect-check.sh $(if $(filter-out file,$(origin SCRIPT)),$(SCRIPT))

fmt: ## format the Rust code
	cargo fmt --all
	cargo fmt --manifest-path xtask/Cargo.toml

clean: ## remove everything that was built or installed here
	rm -rf target xtask/node_modules end2end/node_modules

# What this machine lacks: each fails with its remedy, and does nothing the second time.

tools:
	xtask/setup.sh tools

browser:
	xtask/setup.sh browser

wasm:
	xtask/setup.sh wasm

faults:
	xtask/setup.sh faults

$(NPM_XTASK): xtask/package-lock.json
	xtask/setup.sh npm xtask
	touch $@

$(NPM_END2END): end2end/package-lock.json
	xtask/setup.sh npm end2end
	touch $@

$(STAMPS)/venv: examples/digits/requirements.txt xtask/requirements.txt python/requirements.txt
	xtask/setup.sh venv target/venv $^
	mkdir -p $(STAMPS) && touch $@

$(STAMPS)/inspect-venv: xtask/inspect-requirements.txt
	xtask/setup.sh venv target/inspect-venv $^
	mkdir -p $(STAMPS) && touch $@
