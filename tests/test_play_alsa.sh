#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play as a client of the ALSA sequencer, end to end: the real sequencer of a kernel in a
# virtual machine, ALSA's own tools, and a probe that records every event with the time it was
# scheduled for and the time it came.  MG_SOAK=1 makes the two grid runs a minute long.
set -u
# shellcheck source=tests/rig_vm.sh
. "$(dirname "$0")/rig_vm.sh"
command -v aconnect >/dev/null || rig_vm_skip 'no virtual machine: alsa-utils is missing'
rig_vm "$@"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play.sh
. "$root/tests/play.sh"
driver=alsa probe=$build/tests/probe_alsa output=musicguru:1
rate=48000 period=240
# Two periods until an event leaves, after a quarter of a second until the song begins.
latency=$((2 * period)) origin=$((rate / 4 + 2 * period))
# The sequencer sends what is due at the ticks of the queue's timer, every 320 us: 15.4
# frames, one for rounding, and less than one for the kernel to do it.
tick=17

trap 'play_kill; rm -rf "$work"' EXIT

# --- who is connected to whom ----------------------------------------------------------------

wires() { # CLIENT:NUMBER -> CLIENT:NUMBER, a line each, with the clients' names
    aconnect -l | awk '
        /^client / { name = $0; sub(/^[^\047]*\047/, "", name); sub(/\047.*/, "", name)
                     client = $2; sub(/:/, "", client) }
        /^ +[0-9]+ / { port = client ":" $1; names[port] = name ":" $1 }
        /Connecting To:/ { sub(/.*To: /, ""); gsub(/\[[^]]*\]/, "")
                           for (i = split($0, to, ", "); i > 0; i--) wires[port, to[i]] }
        END { for (wire in wires) { split(wire, ends, SUBSEP)
                                    print names[ends[1]], "->", names[ends[2]] } }'
}

wired() { # WIRE
    wires | grep -q -F -x -e "$1"
}

# In the virtual machine a look costs much and a sleep nothing.
soon() { # COMMAND...
    for _ in $(seq 20); do
        sleep 0.5
        "$@" && return 0
    done
    return 1
}

wired_soon() { # WIRE
    soon wired "$1"
}

is_there() { # CLIENT
    aconnect -l | grep -q -F "'$1'"
}

appears() { # CLIENT
    soon is_there "$1"
}

# --- recording -------------------------------------------------------------------------------

# Starts the recorder, then the player, which connects to it before its first note.
perform() { # SECONDS ARGUMENT...: of the player
    "$probe" --name recorder --origin $origin --seconds "$1" >"$work/recorded" &
    recorder=$!
    shift
    appears recorder
    play_start --connect recorder:in --connect recorder:stamped "$@"
}

heard() { # KEY: whether it was struck
    grep -q -E "^event .* 9. $1 " "$work/recorded"
}

# Whether a key was let go half a second or more before the program ended, which lets go of
# all of them.
let_go() { # KEY
    awk -v key="$1" '$1 == "event" && $6 == key { off = substr($5, 1, 1) == "8" ? $3 : 0 }
        $1 == "event" { last = $3 }
        END { exit !(off && off <= last - 24000) }' "$work/recorded"
}

# How much longer some events were under way than others, in frames.
check_arrival() { # WHAT
    local spread
    spread=$(awk '$1 == "event" {
            way = $2 - $3
            if (!n++) least = most = way
            if (way < least) least = way
            if (way > most) most = way
        } END { print n ? most - least : "no events" }' "$work/recorded")
    check "$1: all arrive within a tick of the queue's timer ($spread frames)" \
        [ "$spread" -le $tick ]
}

# --- the scenarios ---------------------------------------------------------------------------

grid() { # BPM TOLERANCE SECONDS SIGNAL
    perform $(($3 + 4)) --tempo "$1" "$random"
    wired_soon "musicguru:1 -> recorder:0"
    sleep "$3"
    play_end "$4"
    wait $recorder
    judge "grid at $1 BPM, SIG$4" 4 -v bpm="$1" -v tolerance="$2" -v free_offs=1
    check "grid at $1 BPM: and at no other tempo" \
        [ "$(awk -v rate=$rate -v steps="$steps" -v period=$period -v ramp=0 -v bpm=111 \
            -v tolerance=1 -v free_offs=1 -f "$root/tests/check_events.awk" "$work/recorded" |
            grep -c 'off the grid')" -gt 2 ]
    check_arrival "grid at $1 BPM"
    check "SIG$4 while rolling: exit status 0 (was $status)" [ "$status" = 0 ]
    check "grid at $1 BPM: no late step of $(json steps)" [ "$(json late_steps)" = 0 ]
    check "grid at $1 BPM: no missed cycle" [ "$(json xruns)" = 0 ]
    counters_agree "grid at $1 BPM"
}

# A program that was stopped for a second, as by a debugger, leaves that second out.
suspended() {
    perform 10 "$random"
    wired_soon "musicguru:1 -> recorder:0"
    sleep 2
    kill -STOP $player
    sleep 1
    kill -CONT $player
    sleep 3
    play_end TERM
    wait $recorder
    check "stopped for a second: as many cycles are left out ($(json xruns) of 200)" \
        awk -v xruns="$(json xruns)" 'BEGIN { exit !(xruns > 190 && xruns < 260) }'
    # Steps are 12,000 frames apart; the first one after the gap may be a quarter late.
    check "stopped for a second: the music has one gap, and no burst after it" \
        awk 'substr($5, 1, 1) == "9" && $7 != "00" {
                if (n++ && $3 != step && $2 - last < 9000) bursts++
                if (n > 1 && $2 - last > 40000) gaps++
                step = $3
                last = $2
            } END { exit !(n > 20 && !bursts && gaps == 1) }' "$work/recorded"
    check "stopped for a second: the music is on its grid again" \
        awk 'substr($5, 1, 1) == "9" && $7 != "00" && $3 % 12000 { off[$3] }
            END { for (frame in off) count++; exit count > 1 }' "$work/recorded"
    judge "stopped for a second" 4 -v free_offs=1 -v tolerance=3000
    counters_agree "stopped for a second"
}

# Thru is late by the latency and no more, wherever in a cycle the keys are struck.  The hand
# plays below the network's range, here and in what follows.
thru() {
    local keys=() key
    for key in $(seq 0 19); do
        keys+=("note=$key@$((96000 + key * 4813))+2400")
    done
    perform 9 --thru "$random"
    wired_soon "musicguru:1 -> recorder:0"
    "$probe" --name hand --send musicguru:0 --listen musicguru:1 --seconds 5 "${keys[@]}" \
        >"$work/heard"
    play_end TERM
    wait $recorder
    awk 'substr($5, 1, 1) == "9" && $6 < "15" { print $2 }' "$work/heard" >"$work/back"
    check "thru: all keys come back" [ "$(wc -l <"$work/back")" = 20 ]
    # The hand's own queue ticks every millisecond.
    check "thru: each $latency frames after it was struck" \
        awk -v latency=$latency -v most=$((tick + rate / 1000)) '{
                late = $1 - (96000 + (NR - 1) * 4813) - latency
                if (late < -1 || late > most) { print "late by", late; bad = 1 }
            } END { exit bad }' "$work/back"
}

# The hand goes away with a key down: nobody else can end it.
unplugged() {
    perform 8 --thru "$random"
    wired_soon "musicguru:1 -> recorder:0"
    "$probe" --name hand --send musicguru:0 --seconds 2 note=1@48000+9600000 >/dev/null
    sleep 1
    play_end TERM
    wait $recorder
    check "a lost keyboard: its key was heard" heard 01
    check "a lost keyboard: its key is let go" let_go 01
}

# More than the kernel keeps comes while nobody reads, a note-off among it.
overflow() {
    local -a strikes
    mapfile -t strikes < <(yes note=1@144000+2400 | head -n 900)
    perform 12 --thru "$random"
    wired_soon "musicguru:1 -> recorder:0"
    "$probe" --name hand --send musicguru:0 --seconds 9 note=2@96000+98000 \
        "${strikes[@]}" "${strikes[@]/144000/168000}" >/dev/null &
    local hand=$!
    wired_soon "hand:2 -> musicguru:0"
    sleep 2.5
    kill -STOP $player
    sleep 2
    kill -CONT $player
    sleep 1
    play_end TERM
    wait $hand $recorder
    check "a flood while stopped: something was lost" [ "$(json ignored_in)" -ge 1 ]
    check "a flood while stopped: the key held down was heard" heard 02
    check "a flood while stopped: it is let go" let_go 02
}

# A dump of 30,000 bytes passes by.
sysex() {
    perform 8 --thru "$random"
    wired_soon "musicguru:1 -> recorder:0"
    "$probe" --name hand --send musicguru:0 --seconds 4 sysex=4@48000 sysex=30000@72000 \
        note=1@96000+24000 >/dev/null
    play_end TERM
    wait $recorder
    check "sysex: two messages are passed over" [ "$(json ignored_in)" = 2 ]
    check "sysex: what comes behind it is heard" heard 01
}

# 24 pulses a quarter note: 1,000 frames at 120 BPM, 1,200 at 100.
clock_out() {
    perform 6 --clock-out "$random"
    wired_soon "musicguru:1 -> recorder:0"
    sleep 3
    play_end TERM
    wait $recorder
    check "clock out: it begins with the song" \
        grep -q -E '^event [0-9]+ 0 1 fa ' "$work/recorded"
    check "clock out: every pulse is on its frame, and none is missing" \
        awk '$5 == "f8" { if ($3 != 1000 * n) bad = 1; n++ } END { exit bad || n < 100 }' \
        "$work/recorded"
}

clock_in() {
    local pulses
    mapfile -t pulses < <(seq -f 'byte=f8@%.0f' 24000 1200 240000)
    perform 9 --clock-in --tempo 77 "$random"
    wired_soon "musicguru:1 -> recorder:0"
    "$probe" --name master --send musicguru:0 --seconds 6 byte=fa@23400 "${pulses[@]}" \
        >/dev/null
    play_end TERM
    wait $recorder
    # A step is half a quarter note.  The master's own queue ticks every millisecond.
    check "clock in: the steps are the master's" \
        awk 'substr($5, 1, 1) == "9" {
                if (!n++) first = $3
                off = ($3 - first) % 14400
                if (off > 7200) off -= 14400
                if (off < -48 || off > 48) { print "off by", off; bad = 1 }
            } END { exit bad || n < 10 }' "$work/recorded"
}

# A file of two notes, played and listened to with ALSA's own tools.
tools() {
    printf 'MThd\0\0\0\6\0\0\0\1\0\140MTrk\0\0\0\24%b' \
        '\0\0220\110\121\140\0200\110\100\0\0220\111\122\0\0377\057\0' >two.mid
    play_start --thru "$random"
    appears musicguru
    aseqdump -p musicguru:1 >dumped &
    local dump=$!
    wired_soon "musicguru:1 -> aseqdump:0"
    timeout 10 aplaymidi -d 1 -p musicguru two.mid
    check "aplaymidi: exit status 0" [ $? = 0 ]
    sleep 1
    play_end TERM
    sleep 0.5
    kill $dump
    check "aplaymidi and aseqdump: the first note passes through" \
        grep -q 'Note on *0, note 72, velocity 81' dumped
    check "aplaymidi and aseqdump: it ends" grep -q 'Note off *0, note 72' dumped
    # The file leaves the second one sounding, and aplaymidi goes away.
    check "aplaymidi goes: its last note is struck" \
        grep -q 'Note on *0, note 73, velocity 82' dumped
    check "aplaymidi goes: and ends" grep -q 'Note off *0, note 73' dumped
}

# The driver without the instrument.
unit_tests() {
    CMOCKA_MESSAGE_OUTPUT=STDOUT "$build/tests/test_alsa" >units 2>&1
    check "test_alsa: all of it, nothing skipped but what needs no sequencer" \
        [ $? = 0 ] && [ "$(grep 'SKIPPED *\] test_' units | sort -u | wc -l)" = 1 ] || cat units
}

connections() {
    "$probe" --name other --seconds 60 >/dev/null &
    local other=$! address
    appears other
    play_start "$random"
    appears musicguru
    sleep 1
    check "nothing is connected unless asked" [ "$(wires | grep -c musicguru:)" = 0 ]
    play_end INT
    address=$(aconnect -l | sed -n "s/^client \([0-9]*\): 'other'.*/\1/p")
    play_start --connect other:out --connect "$address:1" --connect 'Midi Through' \
        --connect late:0 "$random"
    check "a name connects an output to midi_in" wired_soon "other:2 -> musicguru:0"
    check "an address connects an input to midi_out" wired_soon "musicguru:1 -> other:1"
    check "the beginning of a name does" wired_soon "musicguru:1 -> Midi Through:0"
    check "Midi Through does not bring the music back" \
        [ "$(wires | grep -c -F 'Midi Through:0 ->')" = 0 ]
    "$probe" --name late --seconds 30 >/dev/null &
    local late=$!
    check "a port that appears is connected" wired_soon "musicguru:1 -> late:0"
    kill $late
    wait $late 2>/dev/null
    "$probe" --name late --seconds 30 >/dev/null &
    late=$!
    check "a port that comes back is connected again" wired_soon "musicguru:1 -> late:0"
    aconnect -d musicguru:1 late:0
    sleep 1
    check "a connection taken away stays away" [ "$(wires | grep -c late:)" = 0 ]
    play_end INT
    kill $late $other
    wait $late $other 2>/dev/null
}

# --- all of it ---------------------------------------------------------------------------------

[ -e /dev/snd/seq ] || { echo "there is no sequencer"; exit 77; }
play_prepare
seconds=10
[ "${MG_SOAK:-0}" = 0 ] || seconds=60
if [ $# != 0 ]; then # one scenario alone
    "$@"
    finish
    exit
fi
grid 120 0 $seconds TERM
grid 97.3 1 $seconds INT
suspended
thru
unplugged
overflow
sysex
clock_out
clock_in
tools
connections
unit_tests
finish
