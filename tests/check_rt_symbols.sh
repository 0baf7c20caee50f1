#!/bin/sh
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Every external symbol that mg_rt_run and mg_rt_ready can reach must stand in
# tests/rt_symbols.txt.
#
# The real-time objects are linked alone, exporting only those two, what they cannot reach
# thrown away; what is left undefined is what they can call.  (Function pointers are not
# followed: the only one, `wait`, is called in freewheel.)  Run from the root.
set -eu

cc=${CC:-gcc}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM

# Links $@ and prints what they reach.
reached() {
    objects=
    for source in "$@"; do
        object=$folder/$(basename "$source" .c).o
        "$cc" -std=c17 -D_POSIX_C_SOURCE=200809L -I. -O2 -fno-math-errno -fPIC \
            -ffunction-sections -fdata-sections -fno-stack-protector \
            -c -o "$object" "$source"
        objects="$objects $object"
    done
    echo '{ global: mg_rt_run; mg_rt_ready; local: *; };' >"$folder/exports"
    # shellcheck disable=SC2086  # a list
    "$cc" -shared -nostdlib -Wl,--gc-sections \
        -Wl,--version-script="$folder/exports" -o "$folder/rt.so" $objects
    nm -D -u "$folder/rt.so" | awk '$1 != "w" { sub(/@.*/, "", $2); print $2 }' | sort -u
}

# Prints those of $folder/reached that are not allowed.
unallowed() {
    grep -v '^#' tests/rt_symbols.txt | sort -u >"$folder/allowed"
    comm -13 "$folder/allowed" "$folder/reached"
}

core="engine/rt.c engine/rt_talk.c engine/rt_step.c engine/rt_hand.c engine/clock.c
    engine/voices.c engine/hand.c engine/ring.c engine/controls.c engine/touch.c
    engine/midi_clock_in.c engine/midi_clock_out.c"

# shellcheck disable=SC2086  # a list
reached $core >"$folder/reached"
bad=$(unallowed)
if [ -n "$bad" ]; then
    echo "check_rt_symbols: the real-time core reaches:" "$bad" >&2
    exit 1
fi

# The check must be able to fail: a planted call is found.
{
    echo 'extern void *malloc(unsigned long); extern void *planted; void *planted;'
    sed 's/^ *bool was_rolling = clock->rolling;/    planted = malloc(rate_hz);\n&/' \
        engine/clock.c
} >"$folder/clock.c"
planted=$(echo "$core" | sed "s#engine/clock.c#$folder/clock.c#")
# shellcheck disable=SC2086  # a list
reached $planted >"$folder/reached"
if [ "$(unallowed)" != malloc ]; then
    echo "check_rt_symbols: a planted malloc was not found" >&2
    exit 1
fi
echo "check_rt_symbols: the real-time core reaches nothing but tests/rt_symbols.txt"
