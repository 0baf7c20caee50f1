// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: steps decided by the composer become notes at the exact frame.
//
// One struct, one function, no driver, file, lock or model: mg_rt_run() is a function
// of the struct, the cycle and the rings.  engine/rt_setup.h makes and frees it.
//
// Declared policies:
// - A step without a decision is late: sounding notes are held, nothing new is struck,
//   and the music goes on at the next step.  The first step after a relocation is given
//   a quarter of a step's time from its frame on, and struck then (delayed), for nobody
//   could have known it.
// - In freewheel rt asks `wait` for a missing decision; otherwise it never waits.
// - Stop, relocation, panic and quit release every note of ours in the same cycle;
//   panic and quit the notes of thru too, which are the hand's and outlast a stop.
// - A note-on that finds no room is dropped and counted; a note-off is sent next cycle.
// - A request that finds no room is tried again next cycle; the composer hears of the
//   newest state.  A full recorder ring loses what was played, and counts it.
#ifndef MG_ENGINE_RT_H
#define MG_ENGINE_RT_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/clock.h"
#include "engine/counters.h"
#include "engine/mark.h"
#include "engine/msg.h"
#include "engine/ring.h"
#include "engine/voices.h"
#include "io/cycle.h"

// In freewheel: waits until the composer has decided something, or works in its place.
// Returns false when there is no use in asking again.
typedef bool mg_rt_wait_fn(void *context);

struct mg_rt_config {
    int steps_per_quarter;
    double bpm;    // own tempo
    int channel;   // 0..15
    int velocity;  // 1..127
    bool thru;     // copy the hand's notes to the output
    bool free_run; // own time, from the first decision on, whatever the transport does
    bool record;   // fill the ring `played`
    mg_rt_wait_fn *wait; // NULL: never asked
    void *wait_context;
};

// Single atomics from main to rt (release, acquire).
enum mg_rt_command {
    MG_RT_PANIC = 1, // release everything once
    MG_RT_QUIT = 2,  // release everything and play nothing more
};

struct mg_rt {
    struct mg_rt_config config;

    // Between threads.
    struct mg_ring requests;   // rt -> composer, of struct mg_request
    struct mg_ring decisions;  // composer -> rt, of struct mg_decision
    struct mg_ring played;     // rt -> main, of struct mg_played
    sem_t wake;                // posted when there is a request
    _Atomic uint32_t commands; // enum mg_rt_command bits
    _Atomic bool quiet;        // after MG_RT_QUIT: the last note-off has left (release)
    struct mg_counters counters;

    // The real-time thread's own.
    struct mg_clock clock;
    struct mg_clock_cycle now;
    uint32_t own_frame; // free-run: its transport
    bool own_rolling;
    bool quitting;
    bool rolled;   // since the beginning
    int64_t frame; // first frame of the cycle since the first roll
    uint64_t stopped_frames;

    // The generation, and what the composer has been told of it.
    uint32_t generation; // 0: none yet
    int64_t start_step;
    bool start_fresh;
    bool start_open; // no step of it has been reached
    bool start_told;
    int64_t reached; // step, valid while reached_owed
    uint32_t reached_next_us;
    bool reached_owed;
    bool posted; // a request was pushed in this cycle

    struct mg_decision decision; // the newest of this generation
    bool has_decision;
    bool is_delayed; // the first step of a generation waits for its decision
    int64_t delayed_step;
    double delayed_frame; // where it fell, from the first frame of this cycle; <= 0

    struct mg_voices ours;
    struct mg_voices thru;
    uint16_t held[MG_KEYS]; // by the hand or its pedal, one bit a channel
    uint16_t down[MG_KEYS]; // by the hand: a subset of held
    uint16_t pedals;        // sustain, one bit a channel
    bool told[MG_KEYS];     // what the composer believes
    bool told_owed;         // it differs from held somewhere
};

// Runs one cycle: context is a struct mg_rt.  A mg_cycle_fn; real-time thread.
MG_RT void mg_rt_run(void *context, struct mg_cycle *cycle);

#endif
