# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154 # $build
# Sourced after check.sh by the tests of a training that goes wrong: a corpus of five pieces,
# and the smallest network on it, with the disk that fails (guard_files.c).
"$build/tests/probe_model" random.safetensors || exit 1
mkdir corpus
for seed in 1 2 3 4 5; do
    "$build/mg-compose" -o corpus/$seed.mid --seed $seed --steps 40 random.safetensors \
        >/dev/null || exit 1
done
train=("$build/mg-train" --time-units 8 --note-units 4 --batch 2 --segment 16 --optimizer adam
    --checkpoint-every 2 --threads 1)

# The training with the N-th call to the disk hit; 0: none.
faulty() { # KIND N ARGUMENT...
    local kind=$1 at=$2
    shift 2
    MG_FAULT=$kind MG_FAULT_AT=$at LD_PRELOAD=$build/tests/guard_files.so \
        "${train[@]}" "$@" corpus >out 2>err </dev/null
}

# All behind the header, whose length stands in the first 8 bytes.
data_of() { # SAFETENSORS
    tail -c +$((9 + $(od -An -tu8 -N8 "$1"))) "$1"
}

# The model and the checkpoint of a training hold what those of another do.
same_end() { # MODEL MODEL
    cmp -s <(data_of "$1") <(data_of "$2") &&
        cmp -s <(data_of "$1.checkpoint") <(data_of "$2.checkpoint")
}

# The updates and losses of a log, without what the clock says.
courses_of() { # LOG
    sed 's/,"note_steps_per_s".*//; s/,"seconds".*//' "$1"
}

# Goes on where it was cut off, or begins where there is nothing to go on from.
go_on() { # MODEL ARGUMENT...
    local model=$1 resume=()
    shift
    [ -e "$model.checkpoint" ] && resume=(--resume "$model.checkpoint")
    faulty none 0 -o "$model" "${resume[@]}" "$@"
}
