# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sourced by the end-to-end scripts of mg-play as a JACK client, after a rig of tests/rig_*.sh
# and tests/check.sh: what it is put through, whatever the server.
# shellcheck source=tests/play.sh
. "${root:?}/tests/play.sh"
driver=jack probe=${build:?}/tests/probe_jack output=musicguru:midi_out
rate=48000 period=256

clean() {
    play_kill
    rig_stop
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# The preset that comes with the program, where its grid is eighths.
choose_model() {
    model=$random
    local file found preset=$root/presets/chorale.preset
    if [ -r "$preset" ]; then
        # The grid is the model's.
        file=$root/presets/$(sed -n 's/^model *= *//p' "$preset")
        found=$(head -c 4096 "$file" 2>/dev/null |
            grep -a -o '"steps_per_quarter": *"[0-9]*"' | tr -dc 0-9)
        [ "$found" = 2 ] && model=$preset
    fi
}

# Rolls for a while and stops: sets the file recorded.
grid() { # BPM TOLERANCE SECONDS
    play_start --tempo "$1" "$model"
    record $(($3 + 1)) locate=0@4800 start@24000 stop@$(($3 * rate))
    play_end TERM
    judge "grid at $1 BPM" 4 -v bpm="$1" -v tolerance="$2"
    # The judge itself: the same recording is wrong at another tempo.
    check "grid at $1 BPM: and at no other tempo" \
        [ "$(awk -v rate=$rate -v steps="$steps" -v period=$period -v ramp=0 -v bpm=111 \
            -v tolerance=1 -f "$root/tests/check_events.awk" "$work/recorded" |
            grep -c 'off the grid')" -gt 2 ]
    check "grid at $1 BPM: exit status 0" [ "$status" = 0 ]
    check "grid at $1 BPM: no late step of $(json steps)" [ "$(json late_steps)" = 0 ]
    counters_agree "grid at $1 BPM"
}

# A timebase master's tempo wins over our own, also while it changes.
master() { # BPM RAMP
    play_start --tempo 77 "$random"
    record 7 --master "$1" --ramp "$2" locate=0@4800 start@24000 stop@$((6 * rate))
    play_end TERM
    judge "master at $1 BPM, $2 a second" 4 -v bpm="$1" -v ramp="$2" -v tolerance=1
    counters_agree "master at $1 BPM"
}

jumps() {
    play_start "$random"
    record 8 locate=0@4800 start@24000 stop@120000 start@144000 locate=960000@200000 \
        locate=0@250000 stop@300000 locate=480000@310000 start@330000 stop@370000
    play_end TERM
    # The transport waits for the step at its target.
    judge "stop, start and locate" 4
    check "stop, start and locate: no step is late" \
        [ "$(json late_steps) $(json delayed_steps)" = "0 0" ]
    counters_agree "stop, start and locate"
}

# Under nohup, which has a hang-up ignored.
ended_by() { # SIGNAL
    trap '' HUP
    play_start "$random"
    trap - HUP
    record 5 start@24000 &
    local recorder=$!
    sleep 3
    kill -HUP "$player"
    sleep 0.2
    check "SIG$1 while rolling: a hang-up before it does nothing" kill -0 "$player"
    play_end "$1"
    wait $recorder
    judge "SIG$1 while rolling" 4 -v free_offs=1
    check "SIG$1 while rolling: exit status 0" [ "$status" = 0 ]
    counters_agree "SIG$1 while rolling"
    "$probe" --name stopper --seconds 0.3 stop@0 locate=0@10 >/dev/null
}

held_keys() {
    play_start --thru "$random"
    record 6 start@24000 stop@264000 &
    local recorder=$!
    "$probe" --name hand --send musicguru:midi_in --seconds 5.5 \
        note=60@60000+100000 note=64@61000+90000 >/dev/null
    wait $recorder
    play_end TERM
    # The hand's own notes are anywhere; all others are on the grid.
    grep -v -E '^event .* (3c|40) ' "$work/recorded" >"$work/others"
    local on
    on=$(grep -c -E '^event .* 9. 3c 5d' "$work/recorded")
    check "a held key passes through with --thru" [ "$on" = 1 ]
    check "a held key is ended" [ "$(last_of 3c)" = silent ]
    mv "$work/others" "$work/recorded"
    judge "the music around held keys" 4
    play_start "$random"
    record 6 start@24000 stop@264000 &
    recorder=$!
    "$probe" --name hand --send musicguru:midi_in --seconds 5.5 \
        note=60@24000+230000 >/dev/null
    wait $recorder
    play_end TERM
    # While the hand holds the key (it does from the second second to the fifth) the
    # instrument leaves it to the hand.
    check "a held key is not sent without --thru" \
        awk '$1 == "event" && $6 == "3c" && substr($5, 1, 1) == "9" &&
            $2 > 96000 && $2 < 230000 { found = 1 } END { exit found }' "$work/recorded"
    judge "held keys" 4
}

# The hand goes away with a key down: nobody else can end it.
unplugged() {
    play_start --thru "$random"
    record 4 &
    local recorder=$!
    "$probe" --name hand --send musicguru:midi_in --seconds 2 \
        note=60@48000+9600000 >/dev/null
    wait $recorder
    play_end TERM
    check "a lost keyboard: its key was heard" grep -q -E '^event .* 9. 3c 5d' "$work/recorded"
    check "a lost keyboard holds no key" [ "$(last_of 3c)" = silent ]
}

panic() {
    play_start "$random"
    record 5 start@24000 stop@216000 &
    local recorder=$!
    sleep 3.2
    kill -USR2 "$player"
    wait $recorder
    play_end TERM
    judge "SIGUSR2 while rolling" 4 -v free_offs=1
    check "SIGUSR2: all notes end where no step is, and others follow" \
        awk -v step=$((rate / 4)) '$1 == "event" {
                on = substr($5, 1, 1) == "9"
                if (on && !sounds[$6]++) count++
                else if (!on && sounds[$6]) { delete sounds[$6]; count-- }
                if (!on && count == 0 && $4 && $3 % step) ended = 1
                if (on && ended) found = 1
            } END { exit !found }' "$work/recorded"
    check "SIGUSR2: exit status 0 (was $status)" [ "$status" = 0 ]
    counters_agree "SIGUSR2 while rolling"
}

connections() {
    "$probe" --name other --seconds 8 >/dev/null &
    local other=$!
    play_start --connect probe_late:in "$random"
    sleep 1.5
    check "nothing is connected unless asked" \
        [ "$("$probe" --list | grep '^musicguru:' | grep -c -e '->')" = 0 ]
    "$probe" --name probe_late --seconds 3 >/dev/null &
    local late=$!
    sleep 1.5
    check "a port asked for is connected when it appears" \
        grep -q '^musicguru:midi_out -> probe_late:in$' <<<"$("$probe" --list)"
    wait $late
    play_end INT
    play_start --connect 'oth.*:(in|out)' "$random"
    sleep 1
    "$probe" --list >"$work/ports"
    check "an expression connects by direction" \
        [ "$(grep -c -x -e 'musicguru:midi_out -> other:in' \
            -e 'musicguru:midi_in -> other:out' "$work/ports")" = 2 ]
    play_end INT
    check "SIGINT while stopped: exit status 0" [ "$status" = 0 ]
    wait $other
}
