#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-compose and mg-play into files, from end to end.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

# run STATUS PROGRAM ARGUMENT...: it must exit with STATUS; its output is in out and err.
run() {
    local expected=$1 program=$2
    shift 2
    "$build/$program" "$@" >out 2>err </dev/null
    status=$?
    if [ $status -eq "$expected" ]; then
        ok "$program $* exits with $status"
    else
        bad "$program $* exited with $status, not $expected: $(cat err)"
    fi
}

# error TEXT: one line on stderr that says so.
error() {
    grep -qF -- "$1" err || bad "did not say '$1': $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] || bad "more than one line: $(cat err)"
}

"$build/tests/probe_model" m.safetensors || exit 1

# The same seed gives the same bytes; another one gives others.
run 0 mg-compose -o a.mid -s 5 -n 64 m.safetensors
run 0 mg-compose -o b.mid -s 5 -n 64 m.safetensors
run 0 mg-compose -o c.mid -s 6 -n 64 m.safetensors
cmp -s a.mid b.mid || bad "the same seed gave other bytes"
cmp -s a.mid c.mid && bad "another seed gave the same bytes"
run 0 mg-compose -o d.mid -s 5 -n 64 -t 61.7 m.safetensors
cmp -s a.mid d.mid && bad "another tempo gave the same bytes"

# --temperature is a short form of --set.
run 0 mg-compose -o hot.mid -s 5 -n 64 -T 2 m.safetensors
run 0 mg-compose -o set.mid -s 5 -n 64 --set temperature=2 m.safetensors
cmp -s hot.mid set.mid || bad "-T 2 is not --set temperature=2"
cmp -s hot.mid a.mid && bad "another temperature gave the same bytes"

# A prime makes the output longer (tests/test_instrument.c: by exactly its notes).
run 0 mg-compose -o primed.mid -s 9 -n 32 -p a.mid m.safetensors
grep -q ' 96 steps' out || bad "64 steps of prime and 32 more: $(cat out)"

# A file is not written over what it is made of, and one that cannot be written is noticed
# before the work.
cp m.safetensors before
for output in m.safetensors ./m.safetensors "$work/m.safetensors"; do
    run 1 mg-compose -o "$output" m.safetensors
    error "$output: is to be read and to be written"
done
run 1 mg-compose -o a.mid -n 32 -p a.mid m.safetensors
error "a.mid: is to be read and to be written"
run 1 mg-compose -o new.mid --picture new.mid m.safetensors
[ ! -e new.mid ] || bad "a picture was written over the piece"
run 1 mg-eval --probabilities m.safetensors m.safetensors a.mid
error "m.safetensors: is to be read and to be written"
run 1 mg-play -d offline -r m.safetensors m.safetensors
error "m.safetensors: is to be read and to be written"
run 1 mg-play -d offline -r nowhere/take.mid --duration 1800 m.safetensors
error "nowhere/take.mid: No such file or directory"
cmp -s before m.safetensors || bad "the model was written over"

# A preset by path and by name, in a locale with decimal commas or not.
mkdir -p home/musicguru
cp m.safetensors home/musicguru/
printf '[preset]\nmodel=m.safetensors\ntempo=61.7\nseed=5\n' >home/musicguru/p.preset
XDG_DATA_HOME=$work/home
export XDG_DATA_HOME
run 0 mg-compose -o e.mid -n 64 home/musicguru/p.preset
run 0 mg-compose -o f.mid -n 64 p
cmp -s d.mid e.mid || bad "the preset's tempo and seed do not count"
cmp -s e.mid f.mid || bad "by name is not as by path"

# A model may have any ending.
cp m.safetensors plain
run 0 mg-compose -o g.mid -s 5 -n 64 plain
run 0 mg-compose -o h.mid -s 5 -n 64 ./plain
cmp -s a.mid g.mid && cmp -s a.mid h.mid || bad "a model of another ending plays otherwise"
run 1 mg-compose -o i.mid ./a.mid
error "./a.mid: not a safetensors file"

# mg-play into a file: its figures add up, and it plays what mg-compose composes.
run 0 mg-play -d offline --duration 16 -s 5 -r play.mid --json m.safetensors
grep -q '"late_steps":0' out || bad "late steps offline: $(cat out)"
grep -q '"stuck":0' out || bad "stuck notes offline: $(cat out)"
grep -q '"steps":64' out || bad "not 64 steps in 16 s: $(cat out)"
cmp -s play.mid a.mid || bad "mg-play and mg-compose differ"

# A name that is no text does not cost the figures.
name=$(printf 'm\377.safetensors')
cp m.safetensors "$name"
run 0 mg-play -d offline --duration 1 -r name.mid --json "$name"
grep -q '"steps":4' out || bad "no figures for a name that is no text: $(cat out err)"
grep -q '"ignored_in":0' out || bad "ignored_in is not told: $(cat out)"

# A picture of more notes than a MIDI file of ours may be read with.
if "$build/mg-compose" --version | sed "s/;.*//" | grep -q cairo; then
    run 0 mg-compose -o long.mid -n 24000 --picture long.png m.safetensors
    notes=$(sed 's/.*: \([0-9]*\) notes.*/\1/' out)
    [ "$notes" -gt 50000 ] || bad "only $notes notes: not what is to be tested"
    [ "$(head -c 4 long.png | tail -c 3)" = PNG ] || bad "no picture of $notes notes"
else
    run 1 mg-compose -o long.mid -n 1 --picture long.png m.safetensors
    error "long.png"
    [ -e long.mid ] && bad "composed before looking for cairo"
fi

# Wrong usage is 2, what cannot be done is 1, each with one line.
run 2 mg-compose m.safetensors
error "-o FILE"
run 2 mg-compose -o x.mid
error "preset"
run 2 mg-compose -o x.mid -n 0 m.safetensors
error "--steps"
run 2 mg-compose -o x.mid -t 0 m.safetensors
error "--tempo"
run 2 mg-compose -o x.mid -T -1 m.safetensors
error "--temperature"
run 2 mg-compose -o x.mid -t nan m.safetensors
error "--tempo"
run 2 mg-compose -o x.mid -T nan m.safetensors
error "--temperature"
for setting in velocity=128 tempo=90 velocity =1 panic=1 scale=1e999 lowest=127; do
    run 2 mg-compose -o x.mid --set $setting --set highest=126 m.safetensors
    error "--set"
done
run 2 mg-compose -o x.mid -t 120x m.safetensors
error "--tempo"
run 2 mg-compose -o x.mid -s -1 m.safetensors
error "--seed"
run 1 mg-compose -o x.mid nothing-of-this-name
error "nothing-of-this-name"
run 1 mg-compose -o x.mid -p m.safetensors m.safetensors
error "m.safetensors"
run 1 mg-compose -o no/such/folder/x.mid -n 4 m.safetensors
error "no/such/folder/x.mid"
run 2 mg-play -d harp m.safetensors
error "harp"
run 2 mg-play --duration -5 m.safetensors
error "--duration"
head -c 1000 m.safetensors >cut.safetensors
run 1 mg-compose -o x.mid cut.safetensors
error "cut.safetensors"
[ -e x.mid ] && bad "a failed run left a file"

finish
