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
finish
