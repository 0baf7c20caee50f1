// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI clock out: from the place of a cycle to the clock messages that make a slave
// follow.
//
// Pulse k, 24 a quarter note, falls at the frame where the place crosses k / 24,
// rounded once; its number is kept from cycle to cycle, so that a place that slips a
// little neither drops nor doubles a pulse.  While stopped nothing is sent.  A slave
// can start at a sixteenth only: from the beginning of the song it is told to start,
// from elsewhere to continue at the next sixteenth, and the first pulse falls there.
//
// A song position has 14 bits: beyond 16,384 sixteenths (1,024 bars of 4/4) it is taken
// modulo these.
#ifndef MG_ENGINE_MIDI_CLOCK_OUT_H
#define MG_ENGINE_MIDI_CLOCK_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/mark.h"
#include "io/cycle.h"

// Where the first frame of a cycle stands.
struct mg_midi_clock_place {
    bool rolling;
    bool moved;            // rolls, from another place than the last cycle led to
    double quarters;       // from the start of the song
    double quarter_frames; // the length of a quarter note in frames
};

struct mg_midi_clock_out {
    bool playing; // the slave was told to
    bool moved;   // and has not been told of it
    int64_t next; // while playing: the pulse that it waits for
};

void mg_midi_clock_out_init(struct mg_midi_clock_out *clock);

// Writes the messages of a cycle of `frames` frames into out[0 .. capacity - 1], sorted
// by frame, and returns how many.  What finds no room is sent in the next cycle; who
// falls a quarter note behind is relocated.  Believes nothing in *place unchecked.
MG_RT int mg_midi_clock_out_advance(struct mg_midi_clock_out *clock,
                                    const struct mg_midi_clock_place *place,
                                    uint32_t frames, struct mg_midi_event *out,
                                    int capacity);

#endif
