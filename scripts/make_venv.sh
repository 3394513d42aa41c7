#!/bin/sh
# Makes .venv with the first Python from 3.11 on that is there, and installs what constraints.txt pins, nothing else.
#
#   scripts/make_venv.sh .venv
#
# PYTHON=/path/to/python chooses another. pip resolves nothing (`--no-deps`) and takes no file whose hash is not pinned.
set -eu
venv=$1

is_usable() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for python in ${PYTHON:-} python3 python3.11 python3.12 python3.13; do
        if is_usable "$python"; then
            echo "$python"
            return
        fi
    done
}

quiet=--quiet # a set-up that is there already says only what it takes anew
if [ ! -x "$venv/bin/python" ]; then
    quiet=""
    python=$(find_python)
    if [ -z "$python" ]; then
        sh scripts/system_packages.sh python3 python3-venv
        python=$(find_python)
    fi
    if [ -z "$python" ]; then
        echo "gatehouse: no Python from 3.11 on with its venv module; install the Debian package python3-venv" >&2
        exit 1
    fi
    echo "gatehouse: making $venv with $("$python" --version)"
    "$python" -m venv "$venv"
fi

echo "gatehouse: installing $(grep -c '==' constraints.txt) pinned Python packages; the first time this takes some minutes"
# shellcheck disable=SC2086 # nothing, or one word
"$venv/bin/python" -m pip install $quiet --disable-pip-version-check --no-deps --require-hashes -r constraints.txt
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --quiet --no-deps --no-build-isolation -e .
