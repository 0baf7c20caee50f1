#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Every shipped preset composes music, ten pieces of 512 steps: none silent for more than two
# bars, no note longer than the preset allows, as many notes a step as in its corpus give or
# take a quarter, and, where the music data is at hand (MG_DATA), no passage of 64 steps that
# stands in the corpus, nor more than 2 % of its windows of 16 steps.  presets/README.md has
# the figures.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
data=${MG_DATA:-$root/../shared/data}

figure() { # NAME FILE: a number of JSON as our programs print it
    sed -n 's/.*"'"$1"'": \([0-9.e+-]*\),*/\1/p' "$2" | head -n 1
}

value() { # KEY: of the preset
    sed -n "s/^$1=//p" "$preset"
}

said() { # KEY: of the model's metadata
    head -c 100000 "$root/presets/$(value model)" | grep -a -o "\"$1\":\"[0-9.]*\"" |
        sed 's/.*:"\(.*\)"/\1/'
}

within() { # WHAT VALUE LOW HIGH
    check "$1 is $2, bounds $3 and $4" awk -v x="$2" -v low="$3" -v high="$4" \
        'BEGIN { exit !(x != "" && low != "" && high != "" && x >= low && x <= high) }'
}

times() { # X Y: their product; nothing where one is missing
    awk -v x="$1" -v y="$2" 'BEGIN { if (x != "" && y != "") print x * y }'
}

# What a preset was trained on, under the data's folder.
corpus_of() { # NAME
    case $1 in
    chorale | hymn) echo openhymnal/train mutopia/choir/train ;;
    keyboard | ragtime) echo mutopia/keyboard/train mutopia/organ/train ;;
    song) echo openscore-lieder/train ;;
    *) echo "no corpus is known of the preset $1" >&2 ;;
    esac
}

# Ten pieces, 1.mid to 10.mid, against the corpus, or one against the other where there is none.
examine() { # NAME
    local name=$1 seed corpus against=() spq bar longest usual
    read -r -a corpus <<<"$(corpus_of "$name")"
    check "$name: its corpus is known" [ ${#corpus[@]} != 0 ]
    spq=$(said steps_per_quarter)
    usual=$(said training_notes_per_step)
    bar=$(times "$spq" "$(value metre | awk -F/ '{ print 4 * $1 / $2 }')")
    longest=$(times "$spq" "$(value longest_note)")
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        "$build/mg-compose" -o $seed.mid -s $seed -n 512 "$preset" >/dev/null || return
    done
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        against=("$((seed % 10 + 1)).mid")
        [ ! -d "$data/${corpus[0]}" ] || against=("${corpus[@]/#/$data/}")
        "$build/mg-similarity" --json --steps-per-quarter "$spq" $seed.mid "${against[@]}" \
            >said.json
        sed '/"corpus_texture"/,$d' said.json >piece.json
        within "$name $seed: the longest silence" \
            "$(figure longest_silence_steps piece.json)" 0 "$(times 2 "$bar")"
        within "$name $seed: the longest note" \
            "$(figure longest_note_steps piece.json)" 1 "$longest"
        within "$name $seed: notes a step" "$(figure notes_per_step piece.json)" \
            "$(times 0.75 "$usual")" "$(times 1.25 "$usual")"
        within "$name $seed: share of silent steps" "$(figure silence_share piece.json)" 0 0.15
        # A drone strikes nothing, noise strikes everything.
        within "$name $seed: onsets in 512 steps" "$(figure notes said.json)" 200 2500
        sed -n '/"taken_over"/,/}/p' said.json >taken.json
        [ -d "$data/${corpus[0]}" ] || continue
        within "$name $seed: the longest passage taken over" \
            "$(figure steps taken.json)" 0 63
        within "$name $seed: windows of 16 steps that are copied" \
            "$(figure copied_windows_of_16 taken.json)" 0 \
            "$(times 0.02 "$(figure windows_of_16 taken.json)")"
    done
    [ -d "$data/${corpus[0]}" ] || echo "$name: no music data: not compared with its corpus"
}

for preset in "$root"/presets/*.preset; do
    name=$(basename "$preset" .preset)
    examine "$name"
    for density in 2 6; do
        "$build/mg-compose" -o piece.mid -s 1 -n 2048 --set density=$density "$preset" \
            >/dev/null
        "$build/mg-eval" --json "$root/presets/$(value model)" piece.mid >score.json
        # On the way from the network's own taste to twice as many notes, 0.5 in ln(courage),
        # a governor of 0.02 a step leaves out 25 steps' worth of 2,048: 1.2 %, and as much
        # again for what follows late.
        within "$name at density $density: notes a step" \
            "$(figure notes_per_step score.json)" "$(times "$density" 0.975)" \
            "$(times "$density" 1.025)"
    done
    "$build/mg-compose" -o again.mid -s 5 -n 512 "$preset" >/dev/null
    check "$name: same seed, same bytes" cmp -s 5.mid again.mid
done
finish
