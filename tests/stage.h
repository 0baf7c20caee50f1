// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A stage for the real-time core: a transport to move, a composer that plays from a
// score, and a synth that notices every note-on and note-off that does not belong.
#ifndef MG_TESTS_STAGE_H
#define MG_TESTS_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/ledger_setup.h"
#include "engine/rt_setup.h"

enum { MG_STAGE_EVENTS = 8192 };

// What a step holds: (MG_KEYS) of enum mg_decided bits, zeroed before.
typedef void mg_stage_score(int64_t step, uint8_t *cells);

struct mg_stage {
    struct mg_scene scene; // the first one: velocity 80, channel as asked for
    struct mg_ledger ledger;
    struct mg_rt *rt;
    struct mg_transport transport; // of the next cycle; its frame moves on by itself
    uint32_t frames;
    uint32_t rate_hz;
    bool freewheel;

    mg_stage_score *score;
    bool asleep; // the composer does nothing
    uint32_t generation;
    uint32_t revision;
    struct mg_scene *asked;   // of the last request
    struct mg_scene *retired; // the last one, or NULL
    int64_t start_step;
    bool fresh; // of the last start
    int starts;
    int64_t decided; // the last step decided, -1 for none

    struct mg_midi_event in[MG_STAGE_EVENTS]; // for the next cycle, then emptied
    int in_count;
    struct mg_midi_event out[MG_STAGE_EVENTS]; // of the last cycle
    int out_capacity;
    int out_count;

    // The synth.
    uint8_t sounds[MG_CHANNELS][MG_KEYS];
    int sounding;
    int faults; // events out of order or range, offs without on, ons without off
    int64_t notes_on;
    int64_t notes_off;
    int64_t pulses; // of a MIDI clock
};

// 64 frames a cycle at 48 kHz, transport stopped at frame 0; a scene of 2 steps a quarter,
// 240 BPM: 6000 frames a step, channel 3.  The ledger is the stage's, and
// the scene where the config has none.
void mg_stage_open(struct mg_stage *stage, const struct mg_rt_config *config,
                   mg_stage_score *score);
void mg_stage_close(struct mg_stage *stage);

// A scene like the stage's own, in 4/4.
void mg_stage_make_scene(struct mg_scene *scene, int steps_per_quarter, double bpm,
                         int channel);

// The composer takes its requests and answers them.
void mg_stage_compose(struct mg_stage *stage);

// Composes, runs one cycle, and hears what came out.
void mg_stage_cycle(struct mg_stage *stage);
void mg_stage_cycles(struct mg_stage *stage, int count);

// Adds an event to the next cycle's input.
void mg_stage_play(struct mg_stage *stage, uint32_t frame, int status, int key,
                   int velocity);

#endif
