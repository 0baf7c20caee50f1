#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Turning knobs while it plays, end to end under jackd: controllers are learned and stay
# learned, presets follow each other at the bar line without a gap, and what does not load
# leaves the old one playing.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"
export XDG_CONFIG_HOME=$work/config
map=$XDG_CONFIG_HOME/musicguru/controllers

# Note-ons of a channel (0..f) in a stretch of the song, in frames.
count_ons() { # CHANNEL FROM TO
    awk -v status="9$1" -v from="$2" -v to="$3" '$1 == "event" && $5 == status && $7 != "00" &&
        $3 >= from && $3 < to { count++ } END { print count + 0 }' recorded
}

# The song's frame of the first note-on of a channel.
first_on() { # CHANNEL
    awk -v status="9$1" '$1 == "event" && $5 == status && $7 != "00" { print $3; exit }' recorded
}

learns() {
    rm -rf "$XDG_CONFIG_HOME"
    # Twice the same knob: a hand that still turns it teaches nothing new.
    play_start --learn mute --learn next "$work/one.preset"
    record 3 --send musicguru:midi_in cc=30:5@24000 cc=30:90@26000 cc=64:127@36000 \
        cc=31:3@48000 start@60000 stop@100000
    play_end TERM
    check "learn: printed" [ "$(grep -c -x -e mute=30 -e next=31 play.json)" = 2 ]
    check "learn: stored" [ "$(grep -c -x -e mute=30 -e next=31 "$map")" = 2 ]
    # A new start knows it: muted from 90 on, and open again.
    play_start "$work/one.preset"
    record 5 --send musicguru:midi_in cc=30:127@4800 locate=0@9600 start@24000 \
        cc=30:0@120000 stop@216000
    play_end TERM
    check "learned before: silent at first" [ "$(count_ons 0 0 90000)" = 0 ]
    check "learned before: then open" [ "$(count_ons 0 96000 192000)" -gt 4 ]
    check "learned before: nothing is stuck" [ "$(json stuck)" = 0 ]
}

# 120 BPM in 4/4: a bar is 96,000 frames.  The second preset is of another channel and grid.
presets() {
    local first
    play_start "$work/one.preset" "$work/none.preset" "$work/two.preset"
    record 8 --send musicguru:midi_in locate=0@4800 start@24000 \
        cc=81:127@60000 cc=81:0@61000 cc=81:127@144000 cc=81:0@145000 stop@360000
    play_end TERM
    first=$(first_on 4)
    check "the next preset begins on a bar line" [ "$((first % 96000))" = 0 ]
    check "at the bar after it was asked for" [ "$first" = 192000 ]
    check "the old one plays up to it" [ "$(count_ons 0 180000 192000)" -gt 0 ]
    check "and no further" [ "$(count_ons 0 192000 400000)" = 0 ]
    check "one line says what did not load" [ "$(grep -c 'none.preset' play.err)" = 1 ]
    check "one line says what comes" [ "$(grep -c 'next: two' play.err)" = 1 ]
    check "no step is late" [ "$(json late_steps)" = 0 ]
    check "one scene followed" [ "$(json scenes)" = 1 ]
    awk '$1 != "event" || $5 ~ /^[89]4$/' recorded >two.recorded
    awk '$1 != "event" || $5 ~ /^[89]0$/' recorded >one.recorded
    cp one.recorded recorded
    judge "the first stays on its grid" 4
    cp two.recorded recorded
    steps=4 judge "the second on its own" 4
    check "nothing is stuck" [ "$(json stuck)" = 0 ]
}

# A loop and a locate bring the same notes again.
repeats() {
    play_start --repeatable "$work/one.preset"
    record 12 locate=0@4800 start@24000 locate=96000@240000 locate=96000@360000 stop@480000
    play_end TERM
    # The notes of bar 2, each time: onsets by the song's frame, without those of its first
    # step, which sound on from bar 1 the first time and are struck the others.
    awk '$1 == "transport" { pass++ }
        $1 == "event" && $5 == "90" && $3 > 96000 && $3 < 192000 { print $3, $6 > pass ".bar" }' \
        recorded
    local bars=(*.bar)
    check "bar 2 was played three times" [ ${#bars[@]} -ge 3 ]
    check "with the same notes" [ "$(sort -u -- *.bar | wc -l)" = "$(wc -l <"${bars[0]}")" ]
    check "of which there are some" [ "$(wc -l <"${bars[0]}")" -gt 8 ]
    rm -f -- *.bar
}

rig_start $rate $period
play_prepare
"$build/tests/probe_model" two.safetensors small 4 || exit 1
printf '[preset]\nmodel=random.safetensors\nchannel=1\n[controllers]\nnext=81\n' >one.preset
printf '[preset]\nmodel=two.safetensors\nchannel=5\n[controllers]\nnext=81\n' >two.preset
rig_scenario learns
rig_scenario presets
rig_scenario repeats
finish
