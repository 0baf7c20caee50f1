#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# A training on a disk that is full, broken, read-only or slow of hand: the old files stay,
# one message says what is wrong, and the training goes on where it can.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"
run=(--updates 4)
faulty none 0 -o whole.safetensors "${run[@]}" || exit 1
first_calls=5 # ftruncate, write, fsync, rename, fsync of the folder: the first checkpoint

said_once() { # PATTERN: on a line of err that is no other's
    [ "$(grep -c -e "$1" err)" = 1 ] || { cat err && return 1; }
}

# --- one call fails ------------------------------------------------------------------------
fails_to_start() { # KIND N REASON
    [ "$status" = 1 ] && said_once "^mg-train: bad/m.checkpoint: $3" &&
        [ "$(find bad -name '*.part' -o -name '*.lock' -o -name m | wc -l)" = 0 ] && return 0
    echo "$1 at $2: status $status"
    return 1
}

goes_on() { # KIND N REASON: the last try may be the one that failed
    said_once "^\(mg-train: \)\?bad/m.*: $3; the training goes on, and tries again$" &&
        { [ "$status" = 0 ] && said_once 'the checkpoint is written again$' ||
            { [ "$status" = 1 ] && said_once "^mg-train: bad/m.*: $3$"; }; } &&
        go_on bad/m "${run[@]}" && same_end bad/m whole.safetensors && return 0
    echo "$1 at $2: status $status"
    return 1
}

# Until the training ends before its N-th call.
fails_at_each() { # KIND REASON STEP: of N
    local at=$((1 - $3))
    while at=$((at + $3)); do
        rm -rf bad && mkdir bad
        faulty "$1" $at -o bad/m "${run[@]}"
        status=$?
        grep -q "$2" err || break
        if [ $at -le $first_calls ]; then
            fails_to_start "$1" $at "$2" || return 1
        else
            goes_on "$1" $at "$2" || return 1
        fi
    done
    [ $status = 0 ] && [ $at -gt 20 ] && return 0
    echo "$1 at $at: status $status"
    cat err
    return 1
}

check "no room at any one call" fails_at_each ENOSPC 'No space left on device' 1
check "an error of the disk at one call in three" fails_at_each EIO 'Input/output error' 3

short_at_each() {
    local at
    for at in $(seq 8); do
        rm -rf bad && mkdir bad
        faulty short "$at" -o bad/m "${run[@]}" || return 1
        same_end bad/m whole.safetensors || return 1
    done
}
check "a short write is gone on with" short_at_each

# A sample that could not be written is made at the next score: that of update 2 at 3, that of 4
# at 5.
samples_at_each() {
    local at
    for at in $(seq 6 7 90); do
        rm -rf bad && mkdir bad
        faulty ENOSPC "$at" -o bad/m --checkpoint-every 1 --updates 8 --report bad/report
        [ -e bad/m ] || continue # it did not begin
        [ "$(sed -n 's/^ *"update": \([0-9]*\).*/\1/p' bad/report/samples.json |
            awk '{ print int(log($1) / log(2) + 1e-9) }' | grep -x "[12]" | sort -u | xargs)" = "1 2" ] &&
            continue
        echo "ENOSPC at $at" && cat err
        return 1
    done
}
check "a sample that has no room is made later" samples_at_each

# --- the disk stays full -------------------------------------------------------------------
mkdir full
faulty full 9 -o full/m --log full/log "${run[@]}"
check "full from the first updates to the end is status 1" [ $? = 1 ]
check "said once of the checkpoint" said_once '^full/m.checkpoint: .*the training goes on'
check "and once of the log" said_once '^full/log: .*the training goes on'
check "and at the end" said_once '^mg-train: full/m.*: No space left on device$'
check "no half of a file is left" [ "$(find full -name '*.part' | wc -l)" = 0 ]
check "from the old checkpoint it goes on" go_on full/m --log full/log "${run[@]}"
check "to the same end" same_end full/m whole.safetensors
check "with a log of every update" [ "$(grep -c '"norm"' full/log)" = 4 ]
faulty none 0 -o full/other --log /dev/full "${run[@]}"
check "a log that cannot be written is status 1" [ $? = 1 ]
check "but the model is there" same_end full/other whole.safetensors

# --- read-only -----------------------------------------------------------------------------
mkdir readonly
faulty readonly 1 -o readonly/m "${run[@]}"
check "a read-only disk is refused at once" [ $? = 1 ]
check "in one line" said_once '^mg-train: readonly/m.lock: Read-only file system$'
go_on readonly/m "${run[@]}"
sums=$(cd readonly && cksum -- *)
faulty readonly 1 -o readonly/m --resume readonly/m.checkpoint --updates 8
check "on going on, too" [ $? = 1 ]
check "and the files stay" [ "$sums" = "$(cd readonly && cksum -- *)" ]
if [ "$(id -u)" != 0 ]; then
    chmod a-w readonly
    go_on readonly/m --updates 8
    check "so is a read-only folder" [ $? = 1 ]
    chmod u+w readonly
fi

# --- what is no log ------------------------------------------------------------------------
sum=$(cksum corpus/1.mid)
faulty none 0 -o other --log corpus/1.mid "${run[@]}"
check "what is no log is refused" [ $? = 1 ]
check "by name" said_once '^mg-train: corpus/1.mid: is not a log of mg-train'
check "and left alone" [ "$sum" = "$(cksum corpus/1.mid)" ]

finish
