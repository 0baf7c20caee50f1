# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A private, throw-away JACK server for the end-to-end tests; sourced by them (bash).
#
#   rig_start RATE PERIOD   starts jackd with the dummy driver and waits until it answers;
#                           real-time priority $rig_priority (70)
#   rig_signal SIGNAL       sends it a signal
#   rig_kill [SIGNAL]       kills it as a crash would, at the latest three seconds after SIGNAL
#   rig_stop                stops it by its process number and cleans up
#   rig_xruns CLIENT        how often the server waited for CLIENT in vain
#   rig_scenario FUNCTION   runs it, again where the machine and not the program failed
#
# Source it before anything else: it starts the script again in a /dev/shm of its own, since
# JACK has room for 8 servers there and remembers those that were killed.  rig_start needs
# $probe (tests/probe_jack.c, built) and $work (a folder to write in).

rig_isolate() { # ARGUMENT...: of the script
    [ -z "${RIG_ISOLATED:-}" ] || return 0
    export RIG_ISOLATED=1
    local spaces=(--mount --ipc)
    [ "$(id -u)" = 0 ] || spaces+=(--map-root-user)
    # Where that is not allowed (some containers) the shared one has to do.
    unshare "${spaces[@]}" mount -t tmpfs tmpfs /dev/shm 2>/dev/null || return 0
    # shellcheck disable=SC2016 # the inner shell expands
    exec unshare "${spaces[@]}" sh -c 'mount -t tmpfs -o mode=1777 tmpfs /dev/shm &&
        exec bash "$@"' sh "$0" "$@"
}
rig_isolate "$@"

rig_pid=
rig_log=

rig_start() {
    : "${probe:?}" "${work:?}"
    # What a player leaves behind is for the next one of this script alone.
    export XDG_RUNTIME_DIR=$work/runtime
    mkdir -p "$XDG_RUNTIME_DIR"
    command -v jackd >/dev/null || { echo "jackd is not installed"; exit 77; }
    # Every client looks for this name; none may start a server or ask for a sound card.
    export JACK_DEFAULT_SERVER=mg$$
    export JACK_NO_START_SERVER=1 JACK_NO_AUDIO_RESERVATION=1
    # Nor is there a place where this machine's own instruments keep their state.
    export XDG_RUNTIME_DIR=$work
    local realtime=-r
    if chrt -f 1 true 2>/dev/null; then realtime="-R -P ${rig_priority:-70}"; fi
    rig_log=$work/jackd.log
    # shellcheck disable=SC2086 # two words
    setsid jackd -n "$JACK_DEFAULT_SERVER" $realtime -d dummy -r "$1" -p "$2" \
        >"$rig_log" 2>&1 </dev/null &
    rig_pid=$!
    for _ in $(seq 100); do
        kill -0 "$rig_pid" 2>/dev/null || break
        if "$probe" --list >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "jackd does not answer:"
    tail -n 5 "$rig_log"
    rig_stop
    exit 1
}

rig_clean() {
    # A client that was killed leaves its semaphore and sockets behind.
    rm -rf /dev/shm/jack_sem."$(id -u)"_"$JACK_DEFAULT_SERVER"_* \
        /dev/shm/jack_"$JACK_DEFAULT_SERVER"_* \
        /dev/shm/jack_"$JACK_DEFAULT_SERVER"-* 2>/dev/null
    return 0
}

rig_signal() { # SIGNAL
    kill "-$1" "$rig_pid"
}

rig_kill() { # [SIGNAL]
    kill "-${1:-KILL}" "$rig_pid" 2>/dev/null
    for _ in $(seq 60); do
        kill -0 "$rig_pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$rig_pid" 2>/dev/null
    wait "$rig_pid" 2>/dev/null
    rig_pid=
    rig_clean
}

rig_stop() {
    [ -z "$rig_pid" ] || rig_kill TERM
}

rig_xruns() {
    grep -c "client = $1 was not finished" "$rig_log"
}
