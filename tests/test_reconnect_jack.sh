#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play while the JACK server comes and goes, or hangs: it comes back under its old names
# and connections, and ends when it is told to.  MG_SOAK=1: 200 servers instead of 3.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"
synth='' frozen=''

clean() {
    play_kill
    for pid in $synth $frozen; do kill -9 "$pid"; done 2>/dev/null
    rig_stop
    rm -rf "$work"
}

# --- what is waited for ------------------------------------------------------------------------

# Tries ten times a second; leaves in $tries how often it took.
soon() { # TRIES COMMAND...
    local most=$1
    shift
    for ((tries = 0; tries < most; tries++)); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    return 1
}

# What an other client plays or hears; it is not asked for on the command line.
synth_start() { # ARGUMENT...
    "$probe" --name synth --seconds 1000 "$@" >"$work/synth" 2>/dev/null &
    synth=$!
}

synth_end() {
    kill -9 "$synth" 2>/dev/null
    wait "$synth" 2>/dev/null
    synth=
}

plays_to_synth() {
    "$probe" --list >"$work/ports" 2>/dev/null
    grep -q '^musicguru:midi_out.* -> synth:in' "$work/ports"
}

is_silent_to_synth() {
    ! plays_to_synth && grep -q '^synth:in' "$work/ports"
}

is_wired() {
    plays_to_synth &&
        grep -q '^musicguru:midi_in.* -> synth:out' "$work/ports"
}

said() { # LEAST TEXT
    [ "$(grep -c "$2" "$work/play.err")" -ge "$1" ]
}

plays_on() { # the last of 16 cycles a second or so
    timeout 20 "$probe" --name hearer --listen $output --seconds 2 >"$work/recorded" \
        2>/dev/null
    grep -q '^event' "$work/recorded"
}

is_gone() {
    ! kill -0 "$player" 2>/dev/null
}

# Ends the player and sees to it that it is gone in three seconds.
end_in_time() { # WHAT
    local begun=${EPOCHREALTIME/[.,]/} took
    kill -TERM "$player"
    soon 40 is_gone
    took=$((${EPOCHREALTIME/[.,]/} - begun))
    check "$1: gone in three seconds (took $((took / 1000)) ms)" [ $took -lt 3000000 ]
    play_wait
    check "$1: exit status 0 (was $status)" [ "$status" = 0 ]
}

resources() {
    echo "$(ls "/proc/$player/task" | wc -l) threads, $(ls "/proc/$player/fd" | wc -l) files"
}

# --- the scenarios -------------------------------------------------------------------------------

lose_server() { # TURN
    case $(($1 % 3)) in
    0) rig_kill KILL ;;
    1) rig_kill TERM ;;
    2)
        rig_signal STOP
        sleep 0.5
        rig_kill KILL
        ;;
    esac
}

coming_back() { # TURNS
    local turn back=0 slowest=0 first last
    rig_start $rate $period
    play_start --free-run "$random"
    soon 50 said 1 'on jack as musicguru'
    synth_start --listen $output --send musicguru:midi_in
    soon 50 is_wired
    first=$(resources)
    for ((turn = 0; turn < $1; turn++)); do
        lose_server $turn
        synth_end
        check "server $turn: it says that it went" soon 50 said $((turn + 1)) 'went away'
        rig_start $rate $period
        synth_start
        soon 20 said $((turn + 2)) 'on jack as musicguru'
        # The next server goes as soon as the connections are there.
        if soon 20 is_wired; then back=$((back + 1)); fi
        [ "$tries" -le $slowest ] || slowest=$tries
    done
    last=$(resources)
    check "back with its connections $back times of $1, tenths of a second: $slowest" \
        [ $back = "$1" ]
    check "and its name each time" said $(($1 + 1)) 'on jack as musicguru,'
    check "the music plays on" plays_on
    check "nothing grows: $first, $last" [ "$first" = "$last" ]
    synth_end
    end_in_time "after $1 servers"
    check "after $1 servers: 0 stuck (were $(json stuck))" [ "$(json stuck)" = 0 ]
    rig_stop
}

# Nothing is lost when the server only pauses.
pause() {
    rig_start $rate $period
    play_start --free-run "$random"
    soon 50 said 1 'on jack as'
    rig_signal STOP
    sleep 2
    rig_signal CONT
    check "a server that paused: the music plays on" plays_on
    rig_signal STOP
    sleep 0.3
    end_in_time "a server that stands still"
    rig_signal CONT
    rig_stop
}

# Another client that does not answer: the notes are ended all the same.
frozen_client() {
    rig_start $rate $period
    "$probe" --name frozen --seconds 100 >/dev/null &
    frozen=$!
    soon 50 grep -q '^frozen' <("$probe" --list)
    play_start --free-run "$random"
    soon 50 said 1 'on jack as'
    record 4 &
    local recorder=$!
    sleep 2
    kill -STOP $frozen
    end_in_time "a frozen client"
    kill -KILL $frozen
    wait $frozen 2>/dev/null
    frozen=
    wait $recorder
    check "a frozen client: all notes end" awk '$1 == "event" {
            key = $6
            on = substr($5, 1, 1) == "9"
            ons += on
            if (on) sounds[key] = 1
            else delete sounds[key]
        } END {
            for (key in sounds) hanging++
            exit ons < 4 || hanging
        }' "$work/recorded"
    check "a frozen client: 0 stuck (were $(json stuck))" [ "$(json stuck)" = 0 ]
    rig_stop
}

# The time goes on, the take is kept, and a signal is heard.
without() {
    rig_start $rate $period
    play_start --free-run --record take.mid --duration 6 "$random"
    soon 50 said 1 'on jack as'
    sleep 1.5
    kill -USR1 "$player"
    check "SIGUSR1: the take is saved" soon 20 [ -s take.mid ]
    cp take.mid early.mid
    sleep 0.5
    rig_kill KILL
    soon 50 said 1 'went away'
    soon 60 is_gone
    check "without a server --duration goes on" is_gone
    play_wait
    check "without a server: exit status 0 (was $status)" [ "$status" = 0 ]
    check "the music was not disturbed" [ "$(json late_steps)" = 0 ]
    check "the take is longer now" [ "$(stat -c %s take.mid)" -gt "$(stat -c %s early.mid)" ]
    rm -f take.mid
    rig_start $rate $period
    play_start --free-run --record take.mid "$random"
    soon 50 said 1 'on jack as'
    sleep 1
    rig_kill KILL
    soon 50 said 1 'went away'
    end_in_time "without a server"
    check "without a server: the take is saved" [ -s take.mid ]
}

waiting() {
    play_start --wait --free-run "$random"
    check "--wait: it waits" soon 50 said 1 'no JACK server yet'
    end_in_time "--wait"
    play_start --wait --free-run "$random"
    soon 50 said 1 'no JACK server yet'
    rig_start $rate $period
    check "--wait: a server that comes is played on" soon 20 said 1 'on jack as'
    check "--wait: there is music" plays_on
    end_in_time "--wait, with a server"
    rig_stop
    play_start "$random"
    play_wait
    check "no server: exit status 1" [ "$status" = 1 ]
    one_line "no server"
}

sounding() { # by what mg-play keeps for a next start, if it is killed
    tail -c +9 "$work/musicguru/musicguru.notes" 2>/dev/null | head -c 256 | tr -d '\0' |
        grep -q .
}

# Told to end at the very moment a server comes: what was struck by then is let go, whether
# the main thread has seen the server yet or not.
ended_at_return() {
    local hundredth balanced=0 struck=0
    for hundredth in 0 1 2 3 4 5 6 7; do
        play_start --wait --free-run --set density=6 "$random"
        soon 50 said 1 'no JACK server yet'
        rig_start $rate $period
        # It looks every tenth of a second whether it has a driver; the ledger tells sooner.
        for _ in $(seq 200); do
            sounding && break
            sleep 0.01
        done
        sleep 0.0$hundredth
        play_end TERM
        [ "$(json notes_on)" != "$(json notes_off)" ] || balanced=$((balanced + 1))
        [ "$(json notes_on)" = 0 ] || struck=$((struck + 1))
        rig_stop
    done
    check "as a server comes: every note ends ($balanced times of 8)" [ $balanced = 8 ]
    check "as a server comes: there were notes ($struck times)" [ $struck -gt 0 ]
}

# Asked for, made, and taken away by the user: that is how it stays.
taken_away() {
    command -v jack_disconnect >/dev/null || return 0
    rig_start $rate $period
    play_start --free-run --connect synth:in "$random"
    soon 50 said 1 'on jack as'
    synth_start
    check "a connection that was asked for is made" soon 50 plays_to_synth
    jack_disconnect musicguru:midi_out synth:in >/dev/null 2>&1
    check "and taken away" soon 50 is_silent_to_synth
    sleep 1.5 # what goes within a second before the server went with it
    rig_kill KILL
    synth_end
    soon 50 said 1 'went away'
    rig_start $rate $period
    synth_start
    soon 20 said 2 'on jack as'
    sleep 1
    check "and not again once it was taken away" is_silent_to_synth
    synth_end
    play_end TERM
    rig_stop
}

turns=3
[ "${MG_SOAK:-0}" = 0 ] || turns=200
play_prepare
coming_back $turns
pause
frozen_client
without
waiting
ended_at_return
taken_away
finish
