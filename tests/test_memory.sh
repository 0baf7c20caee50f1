#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Memory runs out while a program loads: each allocation of our own fails in turn (those of
# model files, presets, pieces, checkpoints, networks), and the program says so in one line,
# with status 1 and nothing left unfreed.  What GLib allocates for us (strings, tables) is
# another matter: where it gets no memory, GLib itself ends the process with a message.  That
# is tested for what matters, which is that the files stay.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"

out_of_memory() { # KIND N COMMAND...
    local kind=$1 at=$2
    shift 2
    MG_FAULT=$kind MG_FAULT_AT=$at LD_PRELOAD="$build/tests/guard_memory.so $build/tests/guard_files.so" "$@" >out 2>all </dev/null
    status=$?
    left=$(sed -n 's/^guard_memory: .* calls, \([0-9]*\) left$/\1/p' all)
    calls=$(sed -n 's/^guard_memory: \([0-9]*\) calls, .*/\1/p' all)
    grep -v -E '^(guard_memory|corpus|held out|device): |^update ' all >err
}

# A piece for which there is no memory is one that is skipped, and named.
told() { # PROGRAM
    [ "$(wc -l <err)" = 1 ] && [ $status = 1 ] && grep -q "^$1: " err && return 0
    grep -q '^skipped: .*: not enough memory$' err && [ $status -le 1 ]
}

# One in STEP: baselines take their time.
fails_at_each() { # STEP CALLS_AT_LEAST COMMAND...
    local step=$1 least=$2 at=0
    shift 2
    rm -f made*
    out_of_memory program 0 "$@"
    [ $status = 0 ] && [ "$calls" -ge "$least" ] && [ "$left" = 0 ] ||
        { cat all && return 1; }
    while at=$((at + step)); do
        rm -f made*
        out_of_memory program $at "$@"
        [ "${calls:-$at}" -ge $at ] || break
        told "${1##*/}" && [ "$left" = 0 ] && continue
        echo "allocation $at: status $status, $left left"
        cat err
        return 1
    done
}

go_on state --updates 2 || exit 1
printf '[preset]\nmodel=random.safetensors\n' >some.preset
check "mg-compose, a preset and a prime" fails_at_each 1 40 "$build/mg-compose" --steps 4 \
    --prime corpus/2.mid -o made.mid some.preset
check "mg-eval, a model and a corpus" fails_at_each 1 20 "$build/mg-eval" --threads 1 \
    random.safetensors corpus/1.mid
check "mg-eval, a baseline" fails_at_each 19 100 "$build/mg-eval" --threads 1 \
    --baseline corpus/2.mid random.safetensors corpus/1.mid
check "mg-train, a corpus" fails_at_each 1 60 "${train[@]}" -o made --updates 2 corpus
check "mg-train, a checkpoint" fails_at_each 3 60 "${train[@]}" -o made --updates 3 \
    --resume state.checkpoint corpus

glib_ends_it() {
    local at aborted=0
    for at in 40 80 160 320 640 1280; do
        out_of_memory glib $at "${train[@]}" -o state --updates 2 \
            --resume state.checkpoint corpus
        case $status in
        0 | 1) ;; # it asked whether there was memory
        133 | 134) aborted=$((aborted + 1)) ;;
        *) echo "GLib's allocation $at: status $status" && return 1 ;;
        esac
        same_end state whole || return 1
    done 2>/dev/null
    [ $aborted -gt 0 ]
}
cp state whole
cp state.checkpoint whole.checkpoint
check "GLib ends the process, and the files stay" glib_ends_it

finish
