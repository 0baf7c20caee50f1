#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play beside clients that mean no good: a timebase of nonsense, a thousand locates a
# second, an input flooded with messages good and bad.  It does not fall, no note hangs, and
# a bar after they have come to their senses it is on the grid again.  MG_SOAK=1: minutes of
# each instead of seconds.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"

figure() { # NAME
    sed -n "s/^$1 //p" "$work/hostile"
}

hostile() { # SECONDS MODE ARGUMENT...
    local what="${*:2}" seconds=$1 mode=$2 named
    shift 2
    named=$(rig_xruns musicguru)
    play_start --thru "$random"
    sleep 0.5
    "$build/tests/probe_hostile" --mode "$mode" --hostile "$seconds" "$@" musicguru \
        >"$work/hostile"
    play_end TERM
    echo "$what: $(tr '\n' ' ' <"$work/hostile")"
    check "$what: it has been tried" [ "$(figure nonsense)" -gt $((seconds * 100)) ]
    check "$what: exit status 0 (was $status)" [ "$status" = 0 ]
    check "$what: music afterwards ($(figure late_ons) notes)" [ "$(figure late_ons)" -gt 4 ]
    check "$what: on the grid a bar later" [ "$(figure off_grid)" = 0 ]
    check "$what: 0 stuck" [ "$(figure stuck) $(json stuck)" = "0 0" ]
    # However much comes in: the work of a cycle is bounded.
    check "$what: the server did not wait for us" [ "$(rig_xruns musicguru)" = "$named" ]
}

flooded() { # SECONDS MESSAGES
    hostile "$1" flood --messages "$2"
    check "$2 a cycle: what is no message is counted" [ "$(json ignored_in)" -gt 0 ]
    check "$2 a cycle: and what is malformed" [ "$(json bad_input)" -gt 0 ]
}

play_prepare
short=2 long=2 longest=2
[ "${MG_SOAK:-0}" = 0 ] || short=60 long=60 longest=600
rig_start $rate $period
for mode in bpm ticks bars frozen locates; do
    rig_scenario hostile $short $mode
done
rig_scenario flooded $longest 139
rig_scenario flooded $long 2700
finish
