# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Judges what tests/probe_jack.c recorded: every note on its grid, ended, and none sounding
# past a stop or a jump of the transport.
#
#   awk -v rate=48000 -v bpm=120 -v ramp=0 -v steps=2 -v tolerance=0 -v period=256 \
#       [-v free_offs=1] [-v grace=FRAMES] -f check_events.awk RECORDED
#
# free_offs: note-offs may come at any frame (the player was ended while rolling).  grace: the
# first step after a jump may sound this much late, for it could not be foreseen.  Prints
# "ONS OFFS" and exits 0, or prints what is wrong and exits 1.

function wrong(what) {
    if (errors++ < 10)
        print "wrong: " what ": " $0
}

# The frame nearest to quarter q, for a tempo of bpm + ramp * seconds.
function frame_of(q,    seconds) {
    if (ramp == 0)
        seconds = q * 60 / bpm
    else
        seconds = (sqrt(bpm * bpm + 2 * ramp * 60 * q) - bpm) / ramp
    return int(seconds * rate + 0.5)
}

function quarter_of(frame,    seconds) {
    seconds = frame / rate
    return (bpm + ramp * seconds / 2) * seconds / 60
}

function off_grid(frame,    k, distance) {
    k = int(quarter_of(frame) * steps + 0.5)
    distance = frame - frame_of(k / steps)
    if (distance < 0)
        distance = -distance
    if (distance > worst)
        worst = distance
    return distance > tolerance
}

# After a stop or a jump what sounded before must be silent within a cycle.
function expect_silence(    key) {
    for (key in before)
        if ((key in sounds) && sounds[key] == before[key])
            wrong("key " key " still sounds one cycle after a stop or a jump")
    delete before
    waiting = 0
}

waiting && $2 >= deadline { expect_silence() }

$1 == "transport" {
    changed_at = $2
    if (waiting)
        expect_silence()
    if (ons > 0) {
        for (key in sounds)
            before[key] = sounds[key]
        deadline = $2 + period
        waiting = 1
    }
}

BEGIN { changed_at = -1 - grace }

$1 == "event" {
    key = $6
    if (substr($5, 1, 1) == "9" && $7 != "00") {
        ons++
        if (!$4)
            wrong("struck while the transport stands")
        if (key in sounds)
            wrong("struck while it sounds")
        sounds[key] = $2 + 1
        if ($2 >= changed_at + grace && off_grid($3))
            wrong("off the grid")
    } else if (substr($5, 1, 1) == "8" || substr($5, 1, 1) == "9") {
        offs++
        if (!(key in sounds))
            wrong("ended without having been struck")
        delete sounds[key]
        if (!free_offs && $2 != changed_at && $2 >= changed_at + grace && off_grid($3))
            wrong("ended off the grid")
    }
}

$1 == "end" {
    ended = 1
    for (key in sounds)
        wrong("key " key " still sounds at the end")
}

END {
    if (!ended)
        wrong("the recording has no end")
    print ons + 0, offs + 0, "worst", worst + 0
    exit errors > 0
}
