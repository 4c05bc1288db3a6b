#!/bin/sh
# Write the requirements files from pyproject.toml: versions and hashes, for plain pip.
# `scripts/lock.sh` keeps what is chosen and still fits; `scripts/lock.sh --upgrade` takes the
# newest that fits. uv.lock is a by-product: it names the index it was made with, so it is not kept
# in the repository (docs/decisions/0002-one-lock.md).
set -eu
cd "$(dirname "$0")/.."
uv lock --quiet "$@"

export_set() {
    file=$1
    shift
    uv export --quiet --frozen --no-header --no-annotate --no-emit-project \
        --format requirements-txt "$@" -o "$file" > /dev/null
}

export_set requirements.txt --no-default-groups
export_set requirements-demo.txt --only-group demo
export_set requirements-test.txt --only-group test

# Whoever installs says where from.
if grep -nE '(index-url|find-links|https?://|file:)' requirements*.txt; then
    echo "A requirements file names where packages come from; take that out." >&2
    exit 1
fi
