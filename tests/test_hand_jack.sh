#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# How late a key counts: under jackd, with a network of the reference size, a key that is
# struck 10 ms before a step is in the decision of that step, and the step still sounds at
# its exact frame.  A key every 25 ms, so that each step has one near it and ten before.
# MG_SOAK=1 plays for 40 seconds.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"
near=480 # frames: 10 ms
seconds=10
[ -z "${MG_SOAK:-}" ] || seconds=40

# With --thru each stroke comes back at its own frame, on the hand's channel.
strokes() { # LAST: frame
    seq 48000 1200 "$1" | sed 's/.*/note=72@&+600/'
}

# How many strokes were recorded, and how many of them less than $near frames before a step.
count_strokes() {
    awk -v step=$((rate / 4)) -v near=$near '$1 == "event" && $4 && $5 == "90" {
            count++
            close_to += step - $3 % step < near
        } END { print count + 0, close_to + 0 }' "$work/recorded"
}

hand() {
    local count close_to
    play_start --thru "$work/reference.preset"
    # shellcheck disable=SC2046 # one argument each
    record $((seconds + 1)) --send musicguru:midi_in locate=0@4800 start@24000 \
        $(strokes $((seconds * rate - 24000))) stop@$((seconds * rate))
    play_end TERM
    read -r count close_to <<<"$(count_strokes)"
    echo "$count strokes, $close_to within 10 ms of a step, $(json late_keys) too late;" \
        "window $(json mean_ms) ms on average, $(json max_ms) ms at most"
    check "the hand was heard" [ "$count" -gt $((seconds * 30)) ]
    check "a key 10 ms before a step is in its decision" [ "$(json late_keys)" -le "$close_to" ]
    check "decisions were made anew for the hand" [ "$(json keys)" -gt $((seconds * 20)) ]
    # Only what the network struck, on its own channel, goes to the judge.
    grep -v -E '^event .* (90|80) [0-9a-f]+ [0-9a-f]+$' recorded >ours && mv ours recorded
    judge "every step at its exact frame" $((seconds * 2))
    check "no step is late" [ "$(json late_steps)" = 0 ]
    check "nothing is stuck" [ "$(json stuck)" = 0 ]
}

rig_start $rate $period
play_prepare
"$build/tests/probe_model" reference.safetensors reference || exit 1
printf '[preset]\nmodel=reference.safetensors\nchannel=2\n' >reference.preset
rig_scenario hand
finish
