#!/bin/sh
# Make the environment (.venv) that this checkout runs in: `scripts/bootstrap.sh [demo] [test]`.
#
# Every package comes in the version and with the hash that the requirements files name, and
# nothing is resolved here. uv is used where it is installed (faster), plain pip everywhere else.
# What is already in place is not done again.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
sets="run $*"

say() { printf '%s\n' "$*" >&2; }

file_of() {
    case "$1" in
        run) echo requirements.txt ;;
        demo) echo requirements-demo.txt ;;
        test) echo requirements-test.txt ;;
        *) say "bootstrap: there is no set of packages “$1”; choose from: demo, test"; exit 2 ;;
    esac
}

# A shim of a version manager can be on the path without a Python behind it: it is asked, not
# looked up. The queue's engine asks more of SQLite on Python 3.12 (docs/decisions/0004-jobs.md).
fits() {
    "$1" -c '
import sqlite3, sys
python, sqlite = sys.version_info[:2], sqlite3.sqlite_version_info
raise SystemExit(not (python == (3, 11) or python == (3, 12) and sqlite >= (3, 42)))' 2>/dev/null
}

find_python() {
    for name in ${BEELDPOORT_PYTHON:-python3.11 python3.12 python3 python}; do
        if fits "$name"; then echo "$name"; return; fi
    done
    say "Beeldpoort needs Python 3.11, or 3.12 with SQLite 3.42 or newer; neither was found here."
    say "Install one (Debian 12: apt-get install python3 python3-venv) and try again."
    say "If it is in an unusual place: BEELDPOORT_PYTHON=/path/to/python3.11 make run"
    exit 1
}

make_venv() {
    if [ -x "$venv/bin/python" ] && fits "$venv/bin/python"; then return; fi
    python=$(find_python)
    say "Making the environment in $venv with $("$python" --version) …"
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --python "$python" "$venv"; then return; fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$("$python" --version) has no venv module (Debian: apt-get install python3-venv)."
        exit 1
    fi
    "$python" -m venv "$venv"
}

# One package is built from its source (face-recognition-models: data files, nothing compiled).
# It is built with the setuptools of the requirements, put in place first, instead of with
# whatever a build environment would fetch unchecked.
only_setuptools() { awk '/^setuptools==/ {p = 1; print; next} /^[^ ]/ {p = 0} p' requirements.txt; }

with_uv() { uv pip install --quiet --python "$venv/bin/python" "$@"; }

with_pip() {
    if [ ! -x "$venv/bin/pip" ]; then "$venv/bin/python" -m ensurepip >/dev/null; fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

install() {
    only_setuptools > "$venv/setuptools.txt"
    "$1" --no-deps --require-hashes -r "$venv/setuptools.txt" &&
        "$1" --no-deps --require-hashes --no-build-isolation -r "$2"
}

install_set() {
    file=$(file_of "$1")
    stamp="$venv/installed-$1"
    sum=$(cksum < "$file")
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then return; fi
    say "Installing the packages of $file …"
    if ! { command -v uv >/dev/null 2>&1 && install with_uv "$file" 2> "$venv/uv.log"; }; then
        # uv knows nothing of pip's own settings (mirror, certificates); pip may still succeed.
        install with_pip "$file" || {
            say "Not every package of $file could be installed; the lines above say why."
            say "Without a connection to a package index this cannot be done."
            exit 1
        }
    fi
    printf '%s' "$sum" > "$stamp"
}

# The processes would do it at their start; where they may not write here, they cannot.
compile_texts() {
    for source in translations/*/LC_MESSAGES/messages.po; do
        if [ "$source" -nt "${source%.po}.mo" ]; then
            "$venv/bin/python" -c 'from core.i18n import compile_catalogues; compile_catalogues()'
            return
        fi
    done
}

make_venv
for set in $sets; do install_set "$set"; done
compile_texts
