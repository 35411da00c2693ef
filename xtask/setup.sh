#!/usr/bin/env bash
# Installs what the Makefile's targets need, or says what to install.
#
#   setup.sh tools | wasm | npm FOLDER | venv FOLDER REQUIREMENTS… | browser | browser-path | faults
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$1" >&2
    printf 'hint: %s\n' "$2" >&2
    exit 1
}

need() { # COMMAND REMEDY
    command -v "$1" > /dev/null || fail "\`$1\` is not installed" "$2"
}

at_least() { # FOUND WANTED, as dotted numbers
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

tools() {
    need cargo "install Rust with rustup: https://rustup.rs"
    local rust
    rust=$(rustc --version | cut -d ' ' -f 2)
    at_least "$rust" 1.88.0 || fail "Rust $rust is too old (1.88 or newer is needed)" "run \`rustup update stable\`"
    need cc "install a C linker: \`apt-get install gcc libc6-dev\`, or Xcode's command line tools"
    need python3 "install Python 3.9 or newer: \`apt-get install python3 python3-venv\`"
    need node "install Node.js 18 or newer: \`apt-get install nodejs npm\`"
    need npm "install npm: \`apt-get install npm\`"
    local node
    node=$(node --version | tr -d v)
    at_least "$node" 18.0.0 || fail "Node.js $node is too old (18 or newer is needed)" "see https://nodejs.org"
}

wasm() {
    local libdir
    libdir=$(rustc --print target-libdir --target wasm32-unknown-unknown)
    [ -d "$libdir" ] && return
    say "Rust target wasm32-unknown-unknown"
    need rustup "install your distribution's Rust standard library for wasm32-unknown-unknown, or Rust with rustup"
    rustup target add wasm32-unknown-unknown ||
        fail "the target could not be installed" "check the network, then \`rustup target add wasm32-unknown-unknown\`"
}

npm_packages() { # FOLDER
    say "npm packages of $1"
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$1" --no-audit --no-fund --loglevel=error >&2 ||
        fail "the npm packages of \`$1\` could not be installed" "check the network, then \`npm ci --prefix $1\`"
}

venv() { # FOLDER REQUIREMENTS…
    local folder=$1
    shift
    say "Python environment ($folder)"
    if [ ! -x "$folder/bin/python" ] || ! "$folder/bin/python" -m pip --version > /dev/null 2>&1; then
        rm -rf "$folder"
        python3 -m venv "$folder" >&2 ||
            fail "the virtual environment could not be created" "\`apt-get install python3-venv\`, then try again"
    fi
    local requirements
    for requirements in "$@"; do
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
            fail "the packages of \`$requirements\` could not be installed" "check the network; Python 3.9 to 3.14 have ready wheels"
    done
}

browser_path() {
    if [ -n "${CHROMIUM:-}" ]; then
        printf '%s\n' "$CHROMIUM"
        return
    fi
    local name
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        if command -v "$name"; then
            return
        fi
    done
    return 1
}

browser() {
    local path
    if path=$(browser_path); then
        [ -x "$path" ] || fail "CHROMIUM is \`$path\`, which cannot be run" "set it to a Chromium or Chrome binary"
        return
    fi
    local remedy="install Chromium or Chrome, or set CHROMIUM to its path"
    command -v apt-get > /dev/null || fail "no Chromium was found" "$remedy"
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2> /dev/null || fail "no Chromium was found" "\`sudo apt-get install chromium\`, or set CHROMIUM"
        as_root=(sudo -n)
    fi
    say "Chromium from the distribution"
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq >&2 || say "the package lists could not be refreshed; trying with the old ones"
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >&2 ||
        fail "Chromium could not be installed" "$remedy"
    browser_path > /dev/null || fail "Chromium was installed but is not on the PATH" "$remedy"
}

# What fault injection kills servers and turns clocks with. Without it, and without the right to install it, those tests
# say that they were not tried.
faults() {
    local missing=()
    command -v strace > /dev/null || missing+=(strace)
    compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' > /dev/null || missing+=(faketime)
    [ ${#missing[@]} = 0 ] && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        say "not installed, so some faults are not tried: ${missing[*]}"
        return
    fi
    say "${missing[*]} from the distribution"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2 || say "the package lists could not be refreshed; trying with the old ones"
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fail "${missing[*]} could not be installed" "check the network, then \`make faults\`"
}

case "${1:-}" in
    tools) tools ;;
    wasm) wasm ;;
    npm) npm_packages "$2" ;;
    venv) venv "${@:2}" ;;
    browser) browser ;;
    faults) faults ;;
    browser-path) browser_path || fail "no Chromium was found" "run \`make browser\`" ;;
    *) fail "unknown part \`${1:-}\`" "see the first lines of xtask/setup.sh" ;;
esac
