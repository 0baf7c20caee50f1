#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Killed at any moment, what sounded then is ended by the next start, within two seconds of
# it.  Six times; MG_SOAK=1: a thousand.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"
RANDOM=1 # the same moments each time, as far as the machine is the same
times=6
[ "${MG_SOAK:-0}" = 0 ] || times=1000

# Notes that sound after what was recorded, and the most that did at a time.
sounding() {
    awk '$1 == "event" {
            on = substr($5, 1, 1) == "9" && $7 != "00"
            name = substr($5, 2) $6
            if (on && !(name in sounds)) {
                sounds[name] = 1
                count++
            } else if (!on && (name in sounds)) { # others were struck before we listened
                delete sounds[name]
                count--
            }
            most = count > most ? count : most
        } END { print count + 0, most + 0 }' recorded
}

# A life that is killed while it plays, and one that plays nothing: the transport stands.
killed() { # SIGNAL
    play_start --free-run "$random"
    record 4 --listen musicguru:midi_out &
    local recording=$!
    sleep "1.$((RANDOM % 1000))"
    kill "-$1" "$player"
    wait "$player" 2>/dev/null
    play_start --connect recorder:in "$random"
    wait "$recording"
    play_end TERM
    local left most
    read -r left most <<<"$(sounding)"
    ended=$(sed -n 's/.*ending \([0-9]*\) notes of an earlier run.*/\1/p' play.err)
    all_ended=$((all_ended + ${ended:-0}))
    all_left=$((all_left + left))
    [ "$most" -gt 0 ] && played=$((played + 1))
}

rig_start $rate $period
play_prepare
all_ended=0 all_left=0 played=0
for ((i = 0; i < times; i++)); do
    # ABRT is what an assertion or the C library would send.
    if ((i % 2)); then killed KILL; else killed ABRT; fi
done
echo "$played lives played, $all_ended notes were ended by the next, $all_left were not"
check "every life played" [ $played = $times ]
check "notes were left sounding" [ $all_ended -gt $times ]
check "and all of them ended" [ $all_left = 0 ]

# Two of one name: the second plays on without a ledger, and the first keeps its own.
play_start --free-run "$random"
first=$player
sleep 1
play_start --free-run "$random"
sleep 1
play_end TERM
check "a second one of the same name: one line" [ "$(grep -c 'after a crash notes may hang' play.err)" = 1 ]
check "a second one of the same name: exit status 0" [ "$status" = 0 ]
player=$first
play_end TERM
check "the first one: exit status 0" [ "$status" = 0 ]
finish
