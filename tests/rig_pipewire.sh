# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A private, throw-away PipeWire as the JACK server of the end-to-end tests; sourced by them
# (bash).
#
#   rig_start RATE PERIOD   starts it, with a driver in a sound card's place, and waits until
#                           it answers
#   rig_stop                stops it by its process numbers
#
# Source it before anything else: it starts the script again with a session bus of its own.
# From rig_start on every JACK client of the script speaks to PipeWire, as under pw-jack.
# rig_start needs $probe (tests/probe_jack.c, built) and $work (a folder to write in).
# There is no rig_xruns: PipeWire tells its clients of no cycle they missed, and its log of one
# in two seconds.

rig_isolate() { # ARGUMENT...: of the script
    [ -z "${RIG_ISOLATED:-}" ] || return 0
    local tool
    for tool in pipewire wireplumber pw-jack dbus-run-session; do
        command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
    done
    export RIG_ISOLATED=1
    exec dbus-run-session -- bash "$0" "$@"
}
rig_isolate "$@"

rig_pids=()

rig_start() {
    : "${probe:?}" "${work:?}"
    mkdir -p "$work/config/pipewire/pipewire.conf.d"
    cat >"$work/config/pipewire/pipewire.conf.d/rig.conf" <<CONF
context.properties = {
    default.clock.rate = $1
    default.clock.quantum = $2
    default.clock.min-quantum = $2
    default.clock.max-quantum = $2
}
CONF
    export XDG_RUNTIME_DIR=$work/run HOME=$work
    export XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
    unset PIPEWIRE_REMOTE
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    ulimit -r 95 2>/dev/null # where it may be had, PipeWire gives its threads priority
    pipewire >"$work/pipewire.log" 2>&1 </dev/null &
    rig_pids=($!)
    wireplumber >"$work/wireplumber.log" 2>&1 </dev/null &
    rig_pids+=($!)
    # shellcheck disable=SC2016 # the inner shell expands
    LD_LIBRARY_PATH=$(pw-jack sh -c 'printf %s "$LD_LIBRARY_PATH"')
    export LD_LIBRARY_PATH
    for _ in $(seq 100); do
        kill -0 "${rig_pids[0]}" 2>/dev/null || break
        if "$probe" --list >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "PipeWire does not answer:"
    tail -n 5 "$work/pipewire.log"
    rig_stop
    exit 1
}

rig_stop() {
    local pid
    for pid in ${rig_pids[@]+"${rig_pids[@]}"}; do
        kill "$pid" 2>/dev/null
    done
    for _ in $(seq 60); do
        kill -0 ${rig_pids[@]+"${rig_pids[@]}"} 2>/dev/null || break
        sleep 0.05
    done
    for pid in ${rig_pids[@]+"${rig_pids[@]}"}; do
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rig_pids=()
}
