#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-similarity from end to end, on tunes made here.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
similarity=$build/mg-similarity

# A tune of eighths, format 0, 480 ticks a quarter; key 0 is a rest.
tune() { # KEY...
    local key
    for key in "$@"; do
        # 240 ticks are the bytes 0201 0160.  A rest is a meta event that says nothing.
        if [ "$key" = 0 ]; then
            printf '\201\160\377\001\0'
        else
            printf "\\0\\220\\$(printf %03o "$key")\\144\\201\\160\\200\\$(printf %03o "$key")\\0"
        fi
    done >body
    printf '\0\377\057\0' >>body
    printf 'MThd\0\0\0\006\0\0\0\001\001\340MTrk\0\0'
    local length
    length=$(wc -c <body)
    printf "\\$(printf %03o $((length / 256)))\\$(printf %03o $((length % 256)))"
    cat body
    rm body
}

# Keys that jump about without a pattern, none the same as the one before.
keys() { # COUNT SEED
    awk -v count="$1" -v seed="$2" 'BEGIN {
        for (i = 0; i < count; i++) {
            seed = (seed * 1103515245 + 12345) % 2147483648
            key = (key + 1 + int(seed / 65536) % 24) % 25
            printf "%d ", 50 + key
        }
    }'
}

moved() { # SEMITONES KEY...
    local by=$1 key
    shift
    for key in "$@"; do printf '%d ' $((key + by)); done
}

# The program fails with this status and one line that holds PATTERN, and prints nothing.
refuses() { # STATUS PATTERN ARGUMENT...
    local wanted=$1 pattern=$2 status
    shift 2
    "$similarity" "$@" >out 2>err </dev/null
    status=$?
    grep -v '^skipped: ' err >lines
    [ $status = "$wanted" ] && [ ! -s out ] && [ "$(wc -l <lines)" = 1 ] &&
        grep -q -e "$pattern" lines && return 0
    echo "status $status, wanted $wanted; said:"
    cat err
    return 1
}

# The figure of this name; of several, the first.
figure() { # NAME FILE
    sed -n 's/^ *"'"$1"'": \(.*[^,]\),\{0,1\}$/\1/p' "$2" | head -n 1
}

mkdir -p corpus/deeper empty
read -ra a < <(keys 120 1)
read -ra b < <(keys 90 2)
read -ra own < <(keys 60 3)
# shellcheck disable=SC2046 # words
{
    tune "${a[@]}" >corpus/a.mid
    tune "${b[@]}" >corpus/deeper/b.MID
    tune "${a[@]:0:10}" >corpus/short.mid
    tune "${own[@]:0:30}" $(moved 5 "${a[@]:20:40}") "${own[@]:30}" >taken.mid
    tune $(moved 3 "${a[@]}") >moved.mid
    tune "${own[@]}" $(moved 1 "${own[@]}") 0 0 0 0 0 0 >own.mid
    tune 0 0 0 0 0 0 0 0 >silent.mid
    tune $(for _ in $(seq 100); do echo 60; done) >drone.mid
}
echo nonsense >corpus/broken.mid

# --- what it finds ----------------------------------------------------------------------
"$similarity" --json --chunk 32 taken.mid corpus >taken.json 2>log
check "compares" [ $? = 0 ]
check "names a broken file once" [ "$(grep -c '^skipped: corpus/broken.mid: ' log)" = 1 ]
check "and nothing else" [ "$(wc -l <log)" = 1 ]
check "and counts it" [ "$(figure skipped taken.json)" = 1 ]
check "counts the pieces that are too short" \
    [ "$(figure shorter_than_chunk taken.json)" = 1 ]
check "compares every window" [ "$(figure windows taken.json)" = $((100 - 32 + 1)) ]
sed -n '/"taken_over"/,/}/p' taken.json >over.json
check "finds what was taken over" [ "$(figure steps over.json)" = 40 ]
check "its place" [ "$(figure composition_step over.json)" = 30 ]
check "its source" [ "$(figure file over.json)" = '"a.mid"' ]
check "the place there" [ "$(figure file_step over.json)" = 20 ]
check "how far it was moved" [ "$(figure semitones over.json)" = -5 ]
"$similarity" --chunk 32 taken.mid corpus >taken.txt 2>/dev/null
check "says it in words" grep -q \
    '^taken over  *40 steps, 39 changes: step 30 is step 20 of a.mid, -5 semitones$' taken.txt
check "the figures do not depend on the threads" cmp -s taken.txt \
    <("$similarity" --chunk 32 --threads 1 taken.mid corpus 2>/dev/null)
check "nor on a second run" cmp -s taken.json \
    <("$similarity" --json --chunk 32 taken.mid corpus 2>/dev/null)

percent() { # ARGUMENT...
    "$similarity" --json "$@" 2>/dev/null >out
    figure similarity_percent out
}
check "a piece of the corpus is 100 % similar" [ "$(percent corpus/a.mid corpus)" = 100.0 ]
check "in another key it is not" awk -v p="$(percent moved.mid corpus)" 'BEGIN { exit !(p > 0 && p < 50) }'
check "unless the key does not matter" [ "$(percent --any-key moved.mid corpus)" = 100.0 ]
"$similarity" --json corpus/a.mid corpus >whole.json 2>/dev/null
sed -n '/"taken_over"/,/}/p' whole.json >over.json
check "a piece of the corpus is taken over as a whole" [ "$(figure steps over.json)" = 120 ]
"$similarity" --json own.mid corpus >own.json 2>/dev/null
sed -n '/"taken_over"/,/}/p' own.json >over.json
check "a tune of its own is not" [ "$(figure steps over.json)" -lt 8 ]
check "its silence is seen" [ "$(figure longest_silence_steps own.json)" = 6 ]
cp drone.mid empty/
"$similarity" --json drone.mid empty >drone.json
sed -n '/"taken_over"/,/}/p' drone.json >over.json
check "a drone is no passage" [ "$(figure steps over.json)" = 0 ]
check "but a bar like the last" [ "$(figure bars_as_last_share drone.json | cut -c 1-5)" = 0.916 ]
rm empty/drone.mid

# --- what cannot be ---------------------------------------------------------------------
check "no arguments" refuses 2 'needs a COMPOSITION and a CORPUS'
check "no corpus" refuses 2 'needs' taken.mid
check "unknown option" refuses 2 'bogus' --bogus taken.mid corpus
for wrong in --chunk=0 --chunk=-3 --chunk=1000000 --steps-per-quarter=0 \
    --steps-per-quarter=25 --threads=0; do
    check "refuses $wrong" refuses 2 'must be 1 to' "$wrong" taken.mid corpus
done
check "a missing composition" refuses 1 'nowhere.mid' nowhere.mid corpus
check "a composition that is none" refuses 1 'corpus/broken.mid: ' corpus/broken.mid corpus
check "a folder as composition" refuses 1 'corpus: ' corpus corpus
check "an empty composition" refuses 1 'silent.mid: no note in it' silent.mid corpus
check "a composition shorter than a window" refuses 1 \
    'short.mid: 10 steps long, shorter than a window of --chunk 64' corpus/short.mid corpus
check "which a smaller window compares" \
    [ "$(percent --chunk 10 corpus/short.mid corpus)" = 100.0 ]
check "a missing corpus" refuses 1 'nowhere' taken.mid nowhere
check "an empty corpus" refuses 1 'empty: no usable MIDI file' taken.mid empty
check "a corpus of which nothing can be read" refuses 1 'no usable MIDI file' \
    taken.mid corpus/broken.mid
check "a corpus shorter than a window" refuses 1 'no piece of the corpus is as long' \
    taken.mid corpus/short.mid
if [ -w /dev/full ]; then
    "$similarity" taken.mid corpus >/dev/full 2>err && bad 'a full disk went unnoticed'
fi

finish
