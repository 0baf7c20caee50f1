#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-flatten from end to end, on files made here.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
flatten=$build/mg-flatten

# run STATUS ARGUMENT...: the program must exit with STATUS; its output is in out and err.
run() {
    local expected=$1
    shift
    "$flatten" "$@" >out 2>err
    status=$?
    if [ $status -eq "$expected" ]; then
        ok "mg-flatten $* exits with $status"
    else
        bad "mg-flatten $* exited with $status, not $expected: $(cat err)"
    fi
}

said() {
    grep -qF -- "$1" out err || bad "did not say '$1': $(cat out err)"
}

# track BYTES: a track chunk, the bytes as octal escapes.
track() {
    printf '%b' "$1" >body
    printf '%b' "MTrk\\0\\0\\0\\0$(printf '%03o' "$(wc -c <body)")"
    cat body
}
header='MThd\0\0\0\006\0\001\0\002\001\0340' # format 1, 2 tracks, 480 ticks a quarter
end='\0\0377\057\0'
mkdir -p songs/sub
# A quarter of key 60; then, on channel 2, key 64, which hangs, and key 60 from 240 to 360;
# a drum.
{
    printf '%b' "$header"
    track '\0\0220\074\0144\0203\0140\0200\074\0'"$end"
    track '\0\0231\044\0144\0\0221\0100\0144\0201\0160\0221\074\0144\0170\0201\074\0\0\0211\044\0'"$end"
} >songs/one.mid
# One sound note, in one track, format 0.
{
    printf '%b' 'MThd\0\0\0\006\0\0\0\001\001\0340'
    track '\0\0220\074\0144\0140\0200\074\0'"$end"
} >plain.mid
cp plain.mid songs/sub/two.KAR
cp plain.mid songs/sub/.hidden.txt

run 0 --version
said 'mg-flatten '
run 0 --help
said '--output'
run 2 songs
said 'mg-flatten: -o DIR is missing'
run 2 -o flat
run 2 --nonsense -o flat songs
[ -e flat ] && bad 'wrong usage made a folder'

run 0 -o flat songs
said 'one.mid: 1 drum notes left out, 1 overlapping notes cut, 1 hanging notes ended; 3 notes, 0.0 % off grid'
said 'sub/two.KAR: ok; 1 notes, 0.0 % off grid'
said 'total: 2 files done, 0 failed, 0 without notes; 4 notes'
[ "$(find flat -type f | sort | tr '\n' ' ')" = 'flat/one.mid flat/sub/two.mid ' ] ||
    bad "wrote $(find flat -type f)"

# The result, byte by byte: conductor with the tempo, then the notes of one channel.
{
    printf '%b' "$header"
    track '\0\0377\0121\003\007\0241\040'"$end"
    track '\0\0220\074\0144\0140\0200\074\0100'"$end"
} >expected.mid
cmp -s expected.mid flat/sub/two.mid || bad "bytes differ: $(od -An -tx1 flat/sub/two.mid)"

# What is flat stays as it is.
run 0 -o again flat
cmp -s flat/one.mid again/one.mid || bad 'flattening twice differs from once'
said 'one.mid: ok; 3 notes'

run 0 --drums -o drums songs/one.mid
said '4 notes'

# A file that cannot be read: the rest is done, nothing is left of it.
printf 'MThd' >songs/bad.mid
: >songs/empty.mid
run 1 -o flat2 songs
said 'mg-flatten: songs/bad.mid: is not a MIDI file'
said 'mg-flatten: songs/empty.mid: is empty'
said 'total: 2 files done, 2 failed'
[ "$(find flat2 -type f | wc -l)" -eq 2 ] || bad "left $(find flat2)"

run 1 -o flat3 missing.mid
said 'mg-flatten: missing.mid: No such file or directory'
[ -e flat3 ] && bad 'a missing file made a folder'
mkdir nothing
run 1 -o flat3 nothing
said 'nothing: no MIDI file found'

# No file is written over its source, or over another of this run.
cp plain.mid kept.mid
run 1 -o . plain.mid
said 'is a file to be read'

# Nor over another file that is still to be read.
mkdir -p nest/sub
cp plain.mid nest/x.mid
cp songs/one.mid nest/sub/x.mid
run 1 -o nest nest/sub nest
cmp -s nest/x.mid plain.mid || bad 'a file to be read was overwritten'
cmp -s plain.mid kept.mid || bad 'the source was changed'
run 0 -o flat4 plain.mid songs/../plain.mid kept.mid
said 'total: 2 files done'
run 1 -o flat5 songs/one.mid flat/one.mid
said 'was written already'

# An output that cannot be written.
: >file
run 1 -o file plain.mid
said 'mg-flatten: file'
mkdir -p flat6/plain.mid
run 1 -o flat6 plain.mid
said 'flat6/plain.mid: is a folder'
[ "$(find flat6 | wc -l)" -eq 2 ] || bad "left $(find flat6)"

run 1 --json -o flat7 songs
grep -q '"drum_notes": 1' out || bad "JSON: $(cat out)"
grep -q '"error": "songs/bad.mid: is not a MIDI file"' out || bad "JSON: $(cat out)"

if [ -w /dev/full ]; then
    "$flatten" -o flat8 plain.mid >/dev/full 2>err && bad 'a full disk went unnoticed'
fi

finish
