#!/usr/bin/env bash
# Runs the named parts of the verification, all of them even when one fails, and ends with one line per part and the
# number of tests: `verify.sh PART…`. Exit status 0 only if every part passed.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=target/verify
mkdir -p "$logs"
# The same selection everywhere, so that nothing is compiled twice. `frontend` is for the browser alone.
native=(--workspace --exclude frontend)
browser_crates=(-p domain -p app -p frontend --features app/hydrate --target wasm32-unknown-unknown --target-dir target/front)

fmt() {
    cargo fmt --all --check && cargo fmt --manifest-path xtask/Cargo.toml --check
}

lint() {
    cargo clippy "${native[@]}" --all-targets -- -D warnings
}

lint-wasm() {
    cargo clippy "${browser_crates[@]}" -- -D warnings
}

tests() {
    if cargo nextest --version > /dev/null 2>&1; then
        RUNYARD_FUZZ_SECS="${RUNYARD_FUZZ_SECS:-10}" cargo nextest run "${native[@]}"
    else
        cargo test "${native[@]}" --lib --bins --tests --no-fail-fast
    fi
}

doctests() {
    cargo test "${native[@]}" --doc --no-fail-fast
}

docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc "${native[@]}" --no-deps --quiet
}

tools() {
    local xtask=(--manifest-path xtask/Cargo.toml --target-dir target/xtask)
    cargo clippy --quiet "${xtask[@]}" --all-targets -- -D warnings && cargo test "${xtask[@]}"
}

python() {
    local python=$PWD/target/venv/bin/python
    (cd python && "$python" -m mypy) || return 1
    # The tests of Rust have built it; alone, this part does.
    [ -x target/debug/runyard ] || cargo build --quiet -p runyard || return 1
    # Without the program, then with it.
    (cd python && env -u RUNYARD_BIN PYTHONPATH=. "$python" -m pytest) &&
        (cd python && RUNYARD_BIN="$PWD/../target/debug/runyard" PYTHONPATH=. "$python" -m pytest)
}

build() {
    cargo xtask dist
}

browser() {
    if [ ! -x target/release/runyard ]; then
        echo "target/release/runyard is missing: the build failed" >&2
        return 1
    fi
    local chromium
    chromium=$(xtask/setup.sh browser-path) || return 1
    (cd end2end && CHROMIUM="$chromium" npx --no-install playwright test)
}

# Adds up what the test programs said.
sum() { # LOG REGEX [GROUP]: the number is the regex's first group, or another
    sed -E 's/\x1b\[[0-9;]*[A-Za-z]//g' "$1" | sed -nE "s/$2/\\${3:-1}/p" | awk '{ total += $1 } END { print total + 0 }'
}

has_tests() { # PART
    [[ " tests doctests tools python browser " == *" $1 "* ]]
}

count() { # PART: prints "passed failed"
    local log=$logs/$1.log passed=0 failed=0
    case $1 in
        tests | doctests | tools)
            passed=$(($(sum "$log" '^ *test result: .* ([0-9]+) passed;.*') + $(sum "$log" '^ *Summary .* ([0-9]+) passed.*')))
            failed=$(($(sum "$log" '^ *test result: .* ([0-9]+) failed;.*') + $(sum "$log" '^ *Summary .* ([0-9]+) failed.*')))
            failed=$((failed + $(sum "$log" '^ *Summary .* ([0-9]+) timed out.*')))
            ;;
        browser)
            passed=$(sum "$log" '^ *([0-9]+) passed \(.*')
            failed=$(sum "$log" '^ *([0-9]+) failed *$')
            ;;
        python)
            passed=$(sum "$log" '^([0-9]+ failed, )?([0-9]+) passed.* in [0-9.]+s.*' 2)
            failed=$(sum "$log" '^([0-9]+) failed.* in [0-9.]+s.*')
            ;;
    esac
    echo "$passed $failed"
}

lines=()
total_passed=0
total_failed=0
for part in "$@"; do
    printf '==> %s\n' "$part"
    started=$SECONDS
    "$part" 2>&1 | tee "$logs/$part.log"
    status=${PIPESTATUS[0]}
    read -r passed failed <<< "$(count "$part")"
    # A part that is one check counts as one; so does one that fails before its tests can.
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
        failed=1
    elif [ "$status" = 0 ] && ! has_tests "$part"; then
        passed=1
    fi
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    verdict=ok
    [ "$status" = 0 ] || verdict="FAILED (target/verify/$part.log)"
    lines+=("$(printf '%-10s %5d passed %3d failed %5d s  %s' "$part" "$passed" "$failed" $((SECONDS - started)) "$verdict")")
done

printf '\n'
printf '%s\n' "${lines[@]}"
printf '\n%d passed, %d failed\n' "$total_passed" "$total_failed"
[ "$total_failed" = 0 ]
