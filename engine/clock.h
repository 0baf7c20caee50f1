// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The clock: from the transport, as raw as it comes, to the steps that fall into a
// cycle.
//
// Without a timebase master step k falls at frame round(k * 60 * rate / (bpm * spq)) of
// the song; nothing accumulates.  With one, at the frame where its bar, beat and tick
// cross k / spq quarter notes.  The next step's number is kept from cycle to cycle, so
// that a tick rounded the wrong way neither drops nor doubles a step.  With swing every
// second step falls later: step 2n + 1 where step 2n + 2 * swing would.  Pure: no
// thread, no system call.
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
    enum mg_clock_weight weight;
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

// A metre: lengths in quarter notes, and where a bar began.
struct mg_metre {
    double bar_start;
    double bar;
    double beat;
};

struct mg_clock {
    int steps_per_quarter;
    double own_bpm;            // where no master gives a tempo
    struct mg_metre own_metre; // where no master gives one
    double swing;              // 0.5 (even) .. 0.75
    struct mg_metre metre;     // now

    // Own time: step `origin_step` fell at frame `origin_frame`; 0, 0 until the own tempo
    // is changed on the way.
    double origin_step;
    double origin_frame;

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

// The own metre; beats_per_bar: 1..64; beat_type: 1..64, 4 = a beat is a quarter note.
void mg_clock_set_metre(struct mg_clock *clock, double beats_per_bar, double beat_type);

// Takes one cycle of `frames` frames at `rate_hz`.  Believes nothing in *transport
// unchecked: the work is bounded and the steps rise, whatever it says.
MG_RT void mg_clock_advance(struct mg_clock *clock,
                            const struct mg_transport *transport, uint32_t frames,
                            uint32_t rate_hz, struct mg_clock_cycle *out);

// Another grid and own tempo, and with the own metre a new bar, from the given step of the
// cycle that was taken last: the
// steps after it are found anew, and *out is changed to match.  The step itself keeps its
// number.  Its place on the new grid must be a step, as the start of a bar is.
MG_RT void mg_clock_regrid(struct mg_clock *clock, int steps_per_quarter,
                           double own_bpm, uint32_t frames, uint32_t rate_hz,
                           int last_step, struct mg_clock_cycle *out);

// The number that a step of this grid has on another, rounded to the nearest.
MG_RT int64_t mg_clock_step_on(const struct mg_clock *clock, int64_t step,
                               int steps_per_quarter);

// Where a step stands in its bar, by the present metre.
MG_RT enum mg_clock_weight mg_clock_weight(const struct mg_clock *clock, int64_t step);

// Whether a step is the first at or after the beginning of a bar, which need not stand on
// the grid.
MG_RT bool mg_clock_begins_bar(const struct mg_clock *clock, int64_t step);

// The place at the end of the cycle that was taken last, in quarter notes, and the length
// of one in frames.
MG_RT double mg_clock_quarters(const struct mg_clock *clock, uint32_t rate_hz);
MG_RT double mg_clock_quarter_frames(const struct mg_clock *clock, uint32_t rate_hz);

// Frames from one step to the next at the present tempo, without swing.
MG_RT double mg_clock_step_frames(const struct mg_clock *clock, uint32_t rate_hz);

#endif
