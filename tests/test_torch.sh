#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-eval --probabilities against an independent forward pass in PyTorch, to 1e-4.  Skipped
# where PyTorch is not installed: it is a yardstick, not a dependency.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

# A pyenv may hide the system's Python, to which the package belongs.
python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import numpy, torch' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || { echo "no PyTorch here: skipped"; exit 77; }

probabilities_agree() { # MODEL PIECE
    "$build/mg-eval" --probabilities p.npy "$1" "$2" >/dev/null &&
        "$python" "$root/tests/bench/torch_forward.py" "$1" "$2" p.npy
}

agree() { # MODEL PIECE
    check "$(basename "$1") on $(basename "$2")" probabilities_agree "$1" "$2"
}

"$build/tests/probe_model" random.safetensors || exit 1
"$build/mg-compose" -o random.mid -n 150 random.safetensors >/dev/null || exit 1
agree random.safetensors random.mid
for model in "$root"/presets/*.safetensors; do
    [ -e "$model" ] && agree "$model" random.mid
done
for piece in "${MG_DATA:-$root/../shared/data}"/openhymnal/valid/*.mid; do
    [ -e "$piece" ] && agree random.safetensors "$piece" && break
done
finish
