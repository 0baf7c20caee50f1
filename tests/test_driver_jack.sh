#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# The JACK driver under a real jackd: the transport waits until the instrument is ready,
# the timebase is ours where nobody else has it, and connections are remembered.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
probe=$build/tests/probe_jack
driver=$build/tests/probe_driver
trap 'rig_stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

figure() { # FILE NAME
    sed -n "s/^$2 //p" "$work/$1"
}

stop() {
    "$probe" --name stopper --seconds 0.2 stop@0 locate=0@10 >/dev/null
}

# Starts, locates while rolling and while stopped: four starts in all.
move() {
    "$probe" --name mover --seconds 3 start@10000 locate=480000@60000 locate=0@100000 \
        stop@120000 locate=9600@125000 start@130000 >/dev/null
    stop
}

waiting_and_timebase() {
    "$driver" --name first --seconds 4 --slow --refusals 5 --timebase 97.3 --beats 7 \
        --beat-type 8 >"$work/first" &
    local first=$!
    sleep 0.3
    "$driver" --name second --seconds 3.7 --tempo 97.3 --timebase 97.3 >"$work/second" &
    local second=$!
    move
    wait $first $second
    check "the transport started four times" [ "$(figure first starts)" = 4 ]
    check "and never before the instrument was ready" [ "$(figure first too_early)" = 0 ]
    # Once when it is activated; a locate while stopped asks too.
    check "it was asked about each place until it was" [ "$(figure first asked)" -ge 24 ]
    check "and had been shown the place" [ "$(figure first asked_unprepared)" = 0 ]
    check "the timebase is ours" [ "$(figure first is_timebase)" = 1 ]
    check "with a place in every cycle" [ "$(figure first bare_cycles)" = 0 ]
    check "which is exact" [ "$(figure first worst_frames)" = 0.000000 ]
    check "the timebase is nobody else's" [ "$(figure second is_timebase)" = 0 ]
    check "others are told it in every cycle" [ "$(figure second bare_cycles)" = 0 ]
    check "and to the frame (off by $(figure second worst_frames))" \
        awk -v worst="$(figure second worst_frames)" 'BEGIN { exit !(worst <= 0.5) }'
}

# probe_jack takes the timebase without asking.
usurper() {
    "$driver" --seconds 3 --timebase 120 --roll >"$work/driver" &
    local player=$!
    sleep 0.5
    "$probe" --master 90 --seconds 1 >/dev/null
    wait $player
    # jackd makes a jump of it when a timebase master goes.
    check "--roll: the transport rolls" [ "$(figure driver starts)" -ge 1 ]
    check "a timebase that was taken is no longer ours" \
        [ "$(figure driver is_timebase)" = 0 ]
    stop
}

connections() {
    "$probe" --name one --seconds 6 >/dev/null &
    local one=$!
    "$driver" --seconds 20 --connect one:in --connect one:out --connect two:in \
        --connect '(three|four):in' >"$work/driver" &
    local player=$!
    sleep 1
    # Somebody else's connection.
    "$probe" --name other --seconds 6 --listen driver:midi_out >/dev/null &
    local other=$!
    sleep 1
    rig_kill
    wait $player
    check "the server is gone (status $?)" [ "$(figure driver is_connected)" = 0 ]
    figure driver connection | sort >"$work/wishes"
    printf '%s\n' '(three|four):in' one:in one:out other:in two:in >"$work/expected"
    check "what was connected or asked for is remembered" \
        cmp "$work/wishes" "$work/expected"
    wait $one $other
}

latency() { # PORT MODE: in frames
    jack_lsp -l "$1" | sed -n "s/.*port $2 latency = \\[ \\([0-9]*\\) .*/\\1/p"
}

# What comes in does not go out again later: our ports hand no latency on.
latencies() {
    "$driver" --seconds 3 >"$work/driver" &
    local player=$!
    "$probe" --name far --latency 480 --listen driver:midi_out --send driver:midi_in \
        --seconds 2 >/dev/null &
    local far=$!
    sleep 1.5
    check "the other client has a latency" [ "$(latency far:out capture)" = 480 ]
    check "what is played has none" [ "$(latency driver:midi_out capture)" = 0 ]
    check "what is heard has none" [ "$(latency driver:midi_in playback)" = 0 ]
    wait $player $far
    check "none is to be reckoned with" [ "$(figure driver latency_frames)" = 0 ]
}

rig_start 48000 256
rig_scenario latencies
rig_scenario waiting_and_timebase
rig_scenario usurper
connections
finish
