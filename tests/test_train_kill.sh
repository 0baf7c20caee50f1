#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# A training that is killed - before each call to the disk, in the middle of each write, and
# at any moment - goes on to the same end, bit for bit.  MG_SOAK=1: a thousand kills.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"

# --- at each call --------------------------------------------------------------------------
run=(--updates 4)
faulty none 0 -o whole.safetensors --log whole.log "${run[@]}" || exit 1

same_after() { # WHAT: of a training in cut/
    same_end cut/m whole.safetensors || { echo "$1: another end" && return 1; }
    cmp -s <(courses_of cut/log) <(courses_of whole.log) ||
        { echo "$1: another log" && return 1; }
    [ "$(find cut -type f | wc -l)" = 3 ] || { echo "$1:" && ls cut && return 1; }
}

# Until the training ends before its N-th call.
killed_at_each() { # KIND CALLS_AT_LEAST
    local at=0 status
    while at=$((at + 1)); do
        rm -rf cut && mkdir cut
        faulty "$1" $at -o cut/m --log cut/log "${run[@]}"
        status=$?
        [ $status = 137 ] || break
        go_on cut/m --log cut/log "${run[@]}" || { cat err && return 1; }
        same_after "$1 at $at" || return 1
    done 2>/dev/null
    [ $status = 0 ] && [ $at -gt "$2" ] && return 0
    echo "$1 at $at: status $status"
    return 1
}

check "killed before any call it goes on to the same end" killed_at_each kill 25
check "and so it does with half of any write done" killed_at_each torn 8

# --- the model is missing or older ---------------------------------------------------------
rm whole.safetensors
go_on whole.safetensors "${run[@]}"
check "a lost model is made anew from the checkpoint" test -s whole.safetensors
check "with the best score" grep -q 'nats a step on held-out pieces, from update' out

# --- at any moment -------------------------------------------------------------------------
life() { # ARGUMENT...: goes on for a random time; 1 when it ended by itself
    local model=$1 resume=() status trainer moment_ms
    shift
    [ -e "$model.checkpoint" ] && resume=(--resume "$model.checkpoint")
    "${train[@]}" -o "$model" "${resume[@]}" "$@" corpus >out 2>err </dev/null &
    trainer=$!
    moment_ms=$((RANDOM % (3 * pace_ms)))
    sleep "$(printf '%d.%03d' $((moment_ms / 1000)) $((moment_ms % 1000)))"
    kill -KILL $trainer 2>/dev/null
    wait $trainer 2>/dev/null
    status=$?
    [ $status = 137 ] && return 0
    [ $status = 0 ] || cat err
    return 1
}

# A life is up to three times as long as 40 updates take on this machine now.
pace_ms=$(date +%s%3N)
"${train[@]}" -o pace --updates 40 --checkpoint-every 20 corpus >out 2>err </dev/null
pace_ms=$(($(date +%s%3N) - pace_ms))
RANDOM=7
wanted=15
[ "${MG_SOAK:-0}" = 1 ] && wanted=1000
many=(--updates $((wanted * 400)) --patience 0 --checkpoint-every 20)
rm -f out err
kills=0
while [ $kills -lt $wanted ] && life random_kills "${many[@]}"; do
    kills=$((kills + 1))
done 2>/dev/null
check "killed at $wanted random moments it still goes on" [ $kills = $wanted ]
reached=$(grep -a -o '"training.update":"[0-9]*"' random_kills.checkpoint | tr -dc 0-9)
check "and gets on meanwhile" [ "${reached:-0}" -gt 20 ]
echo "$reached updates in $kills lives"
# As far as it came, without a kill, and the same.
go_on random_kills "${many[@]}" --updates $((reached + 20))
check "to a state" [ $? = 0 ]
go_on in_one_go "${many[@]}" --updates $((reached + 20))
check "that is the one of a training in one go" same_end random_kills in_one_go

# --- several threads -----------------------------------------------------------------------
go_on threads_whole --threads 3 --updates 8
go_on threads_cut --threads 3 --updates 4
go_on threads_cut --threads 3 --updates 8
check "several threads resume to the bit, too" same_end threads_cut threads_whole

# --- what is not to be trusted -------------------------------------------------------------
refused() { # PATTERN COMMAND...
    local pattern=$1
    shift
    "$@"
    [ $? = 1 ] && [ "$(grep -c '^mg-train: ' err)" = 1 ] &&
        grep -q -e "^mg-train: $pattern" err && return 0
    cat err
    return 1
}

flip() { # FILE OFFSET: one bit
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # an escape
    printf "\\x$(printf %x $((byte ^ 1)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

cp threads_whole.checkpoint damaged.checkpoint
flip damaged.checkpoint $(($(stat -c %s damaged.checkpoint) - 100))
check "a changed weight is refused by name" refused 'damaged.checkpoint: ' \
    go_on damaged --threads 3 --updates 9
cp threads_whole.checkpoint damaged.checkpoint
flip damaged.checkpoint "$(grep -a -b -o 'training.mean-loss":"' damaged.checkpoint |
    sed 's/:.*//' | awk '{ print $1 + 21 }')"
check "a changed number is refused by name" refused 'damaged.checkpoint: the checksum is wrong' \
    go_on damaged --threads 3 --updates 9
check "and nothing is made of it" [ ! -e damaged ]

# --- two trainings of one model ------------------------------------------------------------
"${train[@]}" -o twice --updates 1000000 --patience 0 corpus >/dev/null 2>&1 &
first=$!
for _ in $(seq 100); do
    [ -e twice ] && break
    sleep 0.1
done
check "a second training is refused" refused 'twice: another mg-train is at work on it' \
    go_on twice --updates 1000000
check "and leaves the first alone" kill -0 $first
kill -KILL $first
wait $first 2>/dev/null
check "a killed one holds nothing" go_on twice --updates 1000000 --patience 1
check "and the lock goes with the last" [ ! -e twice.lock ]

finish
