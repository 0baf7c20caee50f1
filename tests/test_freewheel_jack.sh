#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Hours of music in freewheel under jackd, past the wrap of its frame counter, with a hand
# that plays all the time: nothing stuck, nothing late, nothing off its frame, and no growth
# of memory.  Half an hour; MG_SOAK=1: 25 hours in cycles of 1,024 frames, one in 64.
set -u
# shellcheck source=tests/rig_jack.sh
. "$(dirname "$0")/rig_jack.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"
freewheel=$build/tests/probe_freewheel

said() { # NAME: a figure of the probe
    sed -n "s/.*$1 \\([-0-9]*\\).*/\\1/p" freewheel.txt
}

freewheel() { # PERIOD SECONDS START
    local what="$2 s in cycles of $1" growth
    rig_start $rate "$1"
    play_start --thru --tempo 120 preset.preset
    "$freewheel" musicguru "$player" "$2" "$3" >freewheel.txt
    play_end TERM
    rig_stop
    cat freewheel.txt
    growth=$(($(said late_kb) - $(said early_kb)))
    check "$what: played to the end" [ "$(said frames)" -ge $(($2 * rate)) ]
    check "$what: steps" [ "$(json steps)" -ge $(($2 * 4)) ]
    check "$what: notes" [ "$(said ons)" -gt $(($2 * 4)) ]
    check "$what: the hand played" [ "$(said strokes)" -gt "$2" ]
    check "$what: nothing off its frame" [ "$(said off_grid)" = 0 ]
    check "$what: no event out of place" [ "$(said faults)" = 0 ]
    check "$what: nothing sounds at the end" [ "$(said sounding)" = 0 ]
    check "$what: no step late, delayed or skipped" \
        [ "$(json late_steps) $(json delayed_steps) $(json skipped_steps)" = "0 0 0" ]
    check "$what: nothing dropped" [ "$(json dropped)" = 0 ]
    # The allocator of the C library keeps some pages to itself.
    check "$what: memory grew by $growth KiB" [ "$growth" -le 256 ]
}

play_prepare
printf '[preset]\nmodel=random.safetensors\nchannel=2\n' >preset.preset
wrap=$(((1 << 32) - 600 * rate)) # ten minutes before it; a multiple of a step
wrap=$((wrap - wrap % 12000))
if [ "${MG_SOAK:-0}" = 0 ]; then
    freewheel 1024 1800 $wrap
    freewheel 64 60 0
else
    freewheel 1024 90000 0
    freewheel 64 3600 $wrap
fi
finish
