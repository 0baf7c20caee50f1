#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-train --device, where there is no GPU: one line that says what is missing, and the CPU
# where the choice is left to it; and a training on the stand-in for one.  What a GPU computes
# is tests/test_cuda.c.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

"$build/tests/probe_model" random.safetensors || exit 1
mkdir corpus none
for seed in 1 2 3; do
    "$build/mg-compose" -o corpus/$seed.mid --seed $seed --steps 20 random.safetensors \
        >/dev/null || exit 1
done
train=("$build/mg-train" --time-units 6 --note-units 4 --batch 2 --segment 8 --updates 2
    --threads 1)

# mg-train --device $1 ends with status $2 and the one line $3 besides those of the corpus.
says() { # DEVICE STATUS PATTERN
    rm -f out.safetensors*
    "${train[@]}" -o out.safetensors --device "$1" corpus >out 2>err </dev/null
    local status=$?
    grep -E '^(mg-train|device):' err >lines
    [ $status = "$2" ] && [ "$(wc -l <lines)" = 1 ] && grep -q -e "$3" lines && return 0
    echo "status $status, wanted $2; said:"
    cat err
    return 1
}

check "cpu is taken as asked" says cpu 0 '^device: cpu$'
check "no other device is known" says abacus 2 'device must be cpu, cuda or auto'

export MG_PLUGINS=none
check "cuda without its plug-in says how to get it" says cuda 1 'cuda: .*install .*nvcc'
check "and writes nothing" sh -c '! ls out.safetensors* 2>/dev/null'
check "auto without it is the CPU" says auto 0 '^device: cpu (cuda: .*nvcc'

echo nonsense >none/mg-cuda.so
check "a broken plug-in is named" says cuda 1 'cuda: none/mg-cuda.so'
check "auto goes on without it" says auto 0 '^device: cpu (cuda: none/mg-cuda.so'

export MG_PLUGINS=$build/tests/cuda_stand_in
check "auto takes a GPU" says auto 0 '^device: cuda (stand-in for a GPU)$'

# The stand-in sums in the same order each time: so the two ways must end in the same bits.
goes_on() { # PRECISION
    local way=("${train[@]}" --device cuda --precision "$1" --checkpoint-every 3)
    rm -f whole.* halves.*
    "${way[@]}" --updates 6 -o whole.safetensors corpus >log 2>&1 &&
        "${way[@]}" --updates 3 -o halves.safetensors corpus >log 2>&1 &&
        "${way[@]}" --updates 6 -o halves.safetensors \
            --resume halves.safetensors.checkpoint corpus >log 2>&1 ||
        { cat log; return 1; }
    cmp whole.safetensors.checkpoint halves.safetensors.checkpoint
}

for precision in fp32 bf16; do
    check "a resumed training goes on to the bit in $precision" goes_on $precision
done
unset MG_PLUGINS

if [ -e "$build/mg-cuda.so" ] && ! [ -e /proc/driver/nvidia/version ]; then
    check "cuda without a device says so" says cuda 1 'cuda: no device found (driver'
    check "and writes nothing" sh -c '! ls out.safetensors* 2>/dev/null'
    check "auto without a device is the CPU" says auto 0 '^device: cpu (cuda: no device'
else
    echo "no plug-in, or a device: what is said without a device is not tested"
fi
finish
