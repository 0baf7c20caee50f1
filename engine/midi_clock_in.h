// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI clock in: from the clock, start, continue, stop and song position messages of a
// cycle to the transport at its first frame.
//
// The phase is counted: pulse n is n / 24 quarter notes, whatever the tempo was, so
// that nothing drifts.  The time of a pulse is filtered, and that of the next one
// predicted, by a delay-locked loop (F. Adriaensen, "Using a DLL to filter time",
// 2005).  It begins as the straight line of least squares through the pulses heard so
// far, so that the tempo is known with the second pulse, and ends with a constant
// bandwidth of one period in 48 pulses, two quarter notes: 1 Hz at 120 BPM.  That is a
// choice between two errors:
//
//   jitter  of up to J moves the line by 1.52 J at most; of white jitter's standard
//           deviation 0.40 is left;
//   tempo   that changes so that each pulse takes A longer than the one before is
//           followed A / 0.017 late: at 4 BPM a second 0.9 ms near 120 BPM, 7 ms near 60.
//
// The pulse that starts the song is believed as it is, jitter and all: masters begin
// their clock anew there, or change its tempo.
//
// Position never goes back but where a message says so: where the line is moved back,
// what is reported stands until the line has caught up.  A pulse that is lost on the
// way cannot be told from a slower master, so none is made up: the song is 1/24 quarter
// note behind the master until the next start or song position.  Pulses that stay out
// end the rolling; those that come again later only tell the tempo, until the master
// starts or continues.
//
// Transport counts from the first frame of a cycle.  A stop counts from there as well,
// wherever it stands in the cycle.  A start counts from its first pulse; where that
// would place the first frame of the cycle before the song, the place is bar 1, beat 1,
// and a negative bbt_offset_frames says how far after the first frame it is true.
#ifndef MG_ENGINE_MIDI_CLOCK_IN_H
#define MG_ENGINE_MIDI_CLOCK_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/mark.h"
#include "io/cycle.h"

// The tempo that is believed, in quarter notes a minute.
#define MG_MIDI_CLOCK_IN_BPM_MIN 20.0
#define MG_MIDI_CLOCK_IN_BPM_MAX 400.0

// The period of the loop in pulses, 1 / bandwidth.
#define MG_MIDI_CLOCK_IN_PERIOD 48.0

enum mg_midi_clock_mode {
    MG_MIDI_CLOCK_STOPPED,
    MG_MIDI_CLOCK_CUED, // rolls with the next pulse
    MG_MIDI_CLOCK_ROLLING,
};

struct mg_midi_clock_in {
    enum mg_midi_clock_mode mode;
    bool begins;   // to roll, in this cycle
    int64_t count; // of the next pulse, from 0 at the start of the song

    // The line through the pulses.
    int heard;       // pulses that it goes through; with 1 the tempo is a guess
    double next_s;   // when the next pulse is expected, from the start of the cycle
    double period_s; // from one pulse to the next

    // The metre that its bars are counted in: a MIDI clock says none.
    double beats_per_bar;
    double beat_type;

    // What was reported last.
    double quarters;
    uint32_t frame;
};

// bpm: the tempo until pulses tell it; beyond the limits above the nearest of them.  The
// metre is 4/4 until another is put in place.
void mg_midi_clock_in_init(struct mg_midi_clock_in *clock, double bpm);

// Takes one cycle of `frames` frames at `rate_hz` (not 0) and the `count` messages that
// came in with it, and says in *out where its first frame stands.  Any messages
// in any order: those that do not concern the clock are left out, the work is bounded
// by their number, and *out is always sound.
MG_RT void mg_midi_clock_in_advance(struct mg_midi_clock_in *clock,
                                    const struct mg_midi_event *in, int count,
                                    uint32_t frames, uint32_t rate_hz,
                                    struct mg_transport *out);

#endif
