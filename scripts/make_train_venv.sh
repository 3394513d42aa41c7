#!/bin/sh
# Makes the environment of the recogniser's training, with PyTorch; nothing that runs at a gate or in a test needs it.
#
#   scripts/make_train_venv.sh .venv-training
#
# PYTHON=/path/to/python chooses another Python from 3.11 on.
set -eu
venv=$1
python=${PYTHON:-python3}
if [ ! -x "$venv/bin/python" ]; then
    echo "gatehouse: making $venv with $("$python" --version)"
    "$python" -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r constraints-training.txt
# The wheel that carries PP-OCRv4, as the gate has it; nothing of it but that file is used, so it needs none of its own.
wheel=$(sed -n 's/^\(rapidocr-onnxruntime==[0-9.]*\).*/\1/p' constraints.txt)
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$wheel"
