#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play under a timebase master whose tempo and metre change all the time, and that loops
# and jumps: every step is there, at its frame, and nothing sounds past a stop or a jump.
# MG_SOAK=1: ten minutes instead of half a minute.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"
locates=0 loops=0 steps=0

figure() { # NAME
    sed -n "s/^$1 //p" "$work/dance"
}

nothing() { # NAME...: figures that are to be 0
    local name
    for name in "$@"; do
        check "dance $seed: 0 $name (were $(figure "$name"))" [ "$(figure "$name")" = 0 ]
    done
}

dance() { # SEED
    local seed=$1
    play_start "$random"
    sleep 0.5
    "$build/tests/probe_transport" --listen $output --seconds 14 --longest 1 \
        --seed "$seed" >"$work/dance"
    play_end TERM
    tr '\n' ' ' <"$work/dance"
    echo
    # On the grid: within a frame.  Half of one is rounding.
    nothing off_grid while_stopped stuck
    check "dance $seed: every step was there ($(json steps) of $(figure steps))" \
        [ "$(json steps)" = "$(figure steps)" ]
    check "dance $seed: none was late" [ "$(json late_steps) $(json delayed_steps)" = "0 0" ]
    # The random model is silent at one step in fifty.
    check "dance $seed: the music begins with its first step" \
        [ $((10 * $(figure first_heard))) -ge $((8 * $(figure first_steps))) ]
    check "dance $seed: all were heard" [ "$(json notes_on)" = "$(figure ons)" ]
    check "dance $seed: there was something to judge" [ "$(figure ons)" -gt 100 ]
    check "dance $seed: and at no other grid" \
        [ "$(figure off_other_grid)" -gt $(($(figure ons) / 4)) ]
    locates=$((locates + $(figure locates))) loops=$((loops + $(figure loops)))
}

play_prepare
dances=2
[ "${MG_SOAK:-0}" = 0 ] || dances=42
rig_start $rate $period
for ((turn = 1; turn <= dances; turn++)); do
    rig_scenario dance $turn
done
echo "$locates locates, $loops of them in loops"
finish
