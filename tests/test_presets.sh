#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Every shipped preset composes music: not silent, not a drone, not noise.  The bounds are
# wide; presets/README.md has the figures.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}
case $build in /*) ;; *) build=$root/$build ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0 passes=0

figure() { # NAME: of the JSON that mg-eval printed
    sed -n 's/.*"'"$1"'": \([0-9.e+-]*\),*/\1/p' score.json
}

within() { # WHAT VALUE LOW HIGH
    if awk -v x="$2" -v low="$3" -v high="$4" 'BEGIN { exit !(x >= low && x <= high) }'; then
        passes=$((passes + 1))
        echo "ok: $1 is $2"
    else
        failures=$((failures + 1))
        echo "FAILED: $1 is $2, not $3 to $4"
    fi
}

for preset in "$root"/presets/*.preset; do
    name=$(basename "$preset" .preset)
    model=$(sed -n 's/^model=//p' "$preset")
    for seed in 1 2 3 4 5; do
        "$build/mg-compose" -o piece.mid -s $seed -n 512 "$preset" >/dev/null &&
            "$build/mg-eval" --json "$root/presets/$model" piece.mid >score.json ||
            failures=$((failures + 1))
        within "$name $seed: notes a step" "$(figure notes_per_step)" 1.5 8
        within "$name $seed: share of silent steps" "$(figure silence_share)" 0 0.15
        # A drone strikes nothing, noise strikes everything.
        within "$name $seed: onsets in 512 steps" "$(figure onsets)" 200 2500
    done
    "$build/mg-compose" -o again.mid -s 5 -n 512 "$preset" >/dev/null
    if cmp -s piece.mid again.mid; then
        passes=$((passes + 1))
        echo "ok: $name: same seed, same bytes"
    else
        failures=$((failures + 1))
        echo "FAILED: $name: the same seed gave other bytes"
    fi
done
echo "$passes passed, $failures failed"
[ $failures = 0 ]
