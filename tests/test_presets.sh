#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Every shipped preset composes music: not silent, not a drone, not noise.  The bounds are
# wide; presets/README.md has the figures.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

figure() { # NAME: of the JSON that mg-eval printed
    sed -n 's/.*"'"$1"'": \([0-9.e+-]*\),*/\1/p' score.json
}

within() { # WHAT VALUE LOW HIGH
    check "$1 is $2, bounds $3 and $4" awk -v x="$2" -v low="$3" -v high="$4" \
        'BEGIN { exit !(x != "" && x >= low && x <= high) }'
}

for preset in "$root"/presets/*.preset; do
    name=$(basename "$preset" .preset)
    model=$(sed -n 's/^model=//p' "$preset")
    for seed in 1 2 3 4 5; do
        "$build/mg-compose" -o piece.mid -s $seed -n 512 "$preset" >/dev/null
        "$build/mg-eval" --json "$root/presets/$model" piece.mid >score.json
        within "$name $seed: notes a step" "$(figure notes_per_step)" 1.5 8
        within "$name $seed: share of silent steps" "$(figure silence_share)" 0 0.15
        # A drone strikes nothing, noise strikes everything.
        within "$name $seed: onsets in 512 steps" "$(figure onsets)" 200 2500
    done
    for density in 2 6; do
        "$build/mg-compose" -o piece.mid -s 1 -n 2048 --set density=$density "$preset" \
            >/dev/null
        "$build/mg-eval" --json "$root/presets/$model" piece.mid >score.json
        within "$name at density $density: notes a step" "$(figure notes_per_step)" \
            "$((density - 1)).9" "$density.1"
    done
    "$build/mg-compose" -o piece.mid -s 5 -n 512 "$preset" >/dev/null
    "$build/mg-compose" -o again.mid -s 5 -n 512 "$preset" >/dev/null
    check "$name: same seed, same bytes" cmp -s piece.mid again.mid
done
finish
