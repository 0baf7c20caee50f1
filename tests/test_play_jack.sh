#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play as a JACK client, end to end: real jackd with the dummy driver, a probe that
# records every event with its frame.  MG_SOAK=1 makes the two grid runs a minute long.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"

timely_grid() { # BPM TOLERANCE SECONDS
    local named
    named=$(rig_xruns musicguru)
    grid "$@"
    check "grid at $1 BPM: no xrun names us" [ "$(rig_xruns musicguru)" = "$named" ]
}

# 2,800 events for one cycle are more than a port takes; the note-off of another key comes
# after them.
flood() {
    local -a strikes
    mapfile -t strikes < <(yes note=60@96000+4800 | head -n 1400)
    play_start --thru "$random"
    record 5 &
    local recorder=$!
    "$probe" --name hand --send musicguru:midi_in --seconds 4 \
        note=61@48000+48000 "${strikes[@]}" >/dev/null
    wait $recorder
    play_end TERM
    check "a flood: both keys were heard" \
        [ "$(cut -d ' ' -f 6 "$work/recorded" | sort -u | grep -c -E '3c|3d')" = 2 ]
    check "a flood: no note-off is lost" [ "$(last_of 3c) $(last_of 3d)" = "silent silent" ]
}

# jackd's own threads have 10 by default, those of its clients 5: what composes stays below.
below_the_sound() {
    chrt -f 1 true 2>/dev/null || return 0
    rig_stop
    rig_priority=10 rig_start $rate $period
    play_start --free-run --threads 2 "$random"
    record 2
    local thread priorities
    for thread in "/proc/$player/task"/*; do cut -d ' ' -f 40 "$thread/stat"; done |
        sort -n >"$work/priorities"
    play_end TERM
    priorities=$(xargs <"$work/priorities")
    check "with jackd at 10 two threads compose below the client's 5 (have $priorities)" \
        [ "$(grep -c -x 4 "$work/priorities") $(tail -n 1 "$work/priorities")" = "2 5" ]
}

# --- all of it -----------------------------------------------------------------------------------

play_prepare
choose_model
seconds=10
[ "${MG_SOAK:-0}" = 0 ] || seconds=60

rig_start $rate $period
rig_scenario timely_grid 120 0 $seconds
rig_scenario timely_grid 97.3 1 $seconds
rig_scenario master 100 0
rig_scenario master 90 2
rig_scenario jumps
rig_scenario ended_by TERM
rig_scenario ended_by INT
rig_scenario held_keys
rig_scenario unplugged
rig_scenario flood
rig_scenario panic
rig_scenario connections
rig_scenario below_the_sound
finish
