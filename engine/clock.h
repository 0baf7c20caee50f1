// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The clock: from the transport, as raw as it comes, to the steps that fall into a
// cycle.
//
// Without a timebase master step k falls at frame round(k * 60 * rate / (bpm * spq)) of
// the song; nothing accumulates.  With one, at the frame where its bar, beat and tick
// cross k / spq quarter notes.  The next step's number is kept from cycle to cycle, so
// that a tick rounded the wrong way neither drops nor doubles a step.  Pure: no thread,
// no system call.
#ifndef MG_ENGINE_CLOCK_H
#define MG_ENGINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/mark.h"
#include "io/cycle.h"

enum {
    // 24 steps a quarter at 999 BPM and a cycle of 4,096 frames at 44,100 Hz: 37.
    MG_CLOCK_STEPS_MAX = 64,
};

#define MG_CLOCK_BPM_MIN 1.0
#define MG_CLOCK_BPM_MAX 999.0

// Where a step stands in its bar.
enum mg_clock_weight { MG_CLOCK_OFF_BEAT, MG_CLOCK_BEAT, MG_CLOCK_DOWNBEAT };

struct mg_clock_step {
    int64_t step;
    uint32_t frame; // offset into the cycle
};

// What one cycle holds.
struct mg_clock_cycle {
    bool rolling;
    bool stopped; // rolled in the cycle before and does no more
    bool moved;   // rolls, from another place than the last cycle led to
    int64_t next; // the first step at or after the start of the cycle
    int skipped;  // steps left out: more than MG_CLOCK_STEPS_MAX, or two at one frame
    int count;
    struct mg_clock_step steps[MG_CLOCK_STEPS_MAX]; // rising
};

struct mg_clock {
    int steps_per_quarter;
    double own_bpm; // where no master gives a tempo

    // Expected at the first frame of the next cycle.
    bool rolling;
    int64_t frame;     // of the song, unwrapped
    int64_t next_step; // while rolling
    double quarters;   // while has_master: position in quarter notes

    // The timebase master.
    bool has_master;        // one was heard, and not long ago
    double bpm;             // quarters a minute: its last good tempo, else own_bpm
    bool tempo_in_beats;    // its tempo counts beats of beat_type, not quarters
    double heard_quarters;  // its last position, as it said it
    uint32_t silent_frames; // since it was last heard, while stopped
    double still_quarters;  // how far time went on while it stood still
};

// steps_per_quarter: 1..24; own_bpm: MG_CLOCK_BPM_MIN..MAX.
void mg_clock_init(struct mg_clock *clock, int steps_per_quarter, double own_bpm);

// Takes one cycle of `frames` frames at `rate_hz`.  Believes nothing in *transport
// unchecked: the work is bounded and the steps rise, whatever it says.
MG_RT void mg_clock_advance(struct mg_clock *clock,
                            const struct mg_transport *transport, uint32_t frames,
                            uint32_t rate_hz, struct mg_clock_cycle *out);

// Frames from one step to the next at the present tempo.
MG_RT double mg_clock_step_frames(const struct mg_clock *clock, uint32_t rate_hz);

#endif
