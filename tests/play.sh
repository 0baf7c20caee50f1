# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sourced by the end-to-end scripts of mg-play, after tests/check.sh: the player, a probe that
# records what it sends, and what makes a recording right.  The script sets $driver, $probe (a
# program of tests/probe_*.c), $output (the player's port, as the probe knows it), $rate and
# $period.
play=${build:?}/mg-play
player=

play_kill() {
    [ -z "$player" ] || kill -9 "$player" 2>/dev/null
    player=
}

play_start() { # ARGUMENT...
    "$play" --driver "${driver:?}" --name musicguru --seed 7 --json "$@" \
        >"${work:?}/play.json" 2>"$work/play.err" </dev/null &
    player=$!
}

# Ends the player with a signal; leaves its exit status in $status.
play_end() { # SIGNAL
    kill "-$1" "$player"
    play_wait
}

# shellcheck disable=SC2120 # most wait ten seconds
play_wait() { # [TENTHS OF A SECOND]
    local tries=0
    while kill -0 "$player" 2>/dev/null && [ $tries -lt "${1:-100}" ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -9 "$player" 2>/dev/null
    wait "$player"
    # shellcheck disable=SC2034 # the scripts look at it
    status=$?
    player=
}

json() { # KEY: a number of the report
    sed -n 's/.*"'"$1"'": *\([-0-9.]*\).*/\1/p' "$work/play.json" | head -n 1
}

one_line() { # WHAT
    check "$1: one line says so" [ "$(wc -l <"$work/play.err")" = 1 ]
    cat "$work/play.err"
}

record() { # SECONDS ARGUMENT...
    local seconds=$1
    shift
    timeout $((${seconds%.*} + 20)) "${probe:?}" --name recorder --listen "${output:?}" \
        --seconds "$seconds" "$@" >"$work/recorded"
}

judge() { # WHAT LEAST [AWK -v ARGUMENT]...: sets ons and offs
    local what=$1 least=$2 said
    shift 2
    said=$(awk -v rate="${rate:?}" -v steps="${steps:?}" -v period="${period:?}" -v ramp=0 \
        -v bpm=120 -v tolerance=0 "$@" -f "${root:?}/tests/check_events.awk" "$work/recorded")
    if [ $? -ne 0 ]; then
        bad "$what"
        echo "$said"
    else
        ok "$what ($said frames)"
    fi
    # shellcheck disable=SC2034 # rest
    read -r ons offs rest <<<"$(tail -n 1 <<<"$said")"
    [ "$ons" -ge "$least" ] || bad "$what: only $ons notes were struck"
}

counters_agree() { # WHAT
    local what=$1
    if [ "$(json notes_on)" = "$ons" ] && [ "$(json notes_off)" = "$offs" ] &&
        [ "$(json stuck)" = 0 ]; then
        ok "$what: the counters agree with the recorded events"
    else
        bad "$what: counters $(json notes_on)/$(json notes_off)/$(json stuck)," \
            "recorded $ons/$offs"
    fi
}

last_of() { # KEY: whether it sounds at the end of what was recorded
    awk -v key="$1" '$1 == "event" && $6 == key {
            on = substr($5, 1, 1) == "9" && $7 != "00"
        } END { print on ? "sounds" : "silent" }' "$work/recorded"
}

# A small model whose output is never silent, in $random; its grid is eighths.
play_prepare() {
    [ -x "$play" ] || { echo "mg-play is not built"; exit 77; }
    random=$work/random.safetensors
    steps=2
    "$build/tests/probe_model" "$random" || exit 1
}
