# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sourced by the end-to-end scripts: where things are ($root, $build), a working folder that
# goes away at the end ($work, the current one), and the counting of checks.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$root/build}
case $build in /*) ;; *) build=$root/$build ;; esac
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
passes=0 failures=0

ok() { # WHAT
    passes=$((passes + 1))
    echo "ok: $*"
}

bad() { # WHAT
    failures=$((failures + 1))
    echo "FAILED: $*"
}

check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then ok "$what"; else bad "$what"; fi
}

# A scenario that fails while the server missed a cycle is run again, three times at most: on
# a shared machine a cycle can be lost to others, but a program that is too slow is so each
# time.  A rig without rig_xruns cannot tell; there it is always run again.
rig_scenario() { # FUNCTION ARGUMENT...
    local attempt lost passes_before=$passes failures_before=$failures
    for attempt in 1 2 3; do
        lost=$(rig_lost)
        "$@"
        [ $failures != $failures_before ] && [ $attempt -lt 3 ] || return 0
        [ "$lost" = unknown ] || [ "$(rig_lost)" != "$lost" ] || return 0
        echo "the server missed a cycle, or may have: once more"
        passes=$passes_before failures=$failures_before
    done
}

rig_lost() { # cycles, up to now
    if declare -F rig_xruns >/dev/null; then rig_xruns '.*'; else echo unknown; fi
}

# The last call of a script: the line that tests/run reads.
finish() {
    echo "$passes passed, $failures failed"
    [ $failures = 0 ]
}
