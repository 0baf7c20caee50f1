// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: steps decided by the composer become notes at the exact frame.
//
// One struct, one function, no driver, file, lock or model: mg_rt_run() is a function
// of the struct, the cycle and the rings.  engine/rt_setup.h makes and frees it.
//
// Declared policies:
// - A step without a decision is late: sounding notes are held, nothing new is struck,
//   and the music goes on at the next step.
// - A start or a locate waits for its first step where the driver asks mg_rt_ready().
//   Where it does not wait (a jump of a rolling transport) that step is given a quarter
//   of a step's time from its frame on, and struck then (delayed), for nobody could have
//   known it.
// - In freewheel rt asks `wait` for a missing decision; otherwise it never waits.
// - Stop, relocation, a new scene, mute, panic and quit release every note of ours in the
//   same cycle; panic and quit the notes of thru too, which are the hand's and outlast a
//   stop.
// - A note-on that finds no room is dropped and counted; a note-off is sent next cycle.
// - A request that finds no room is tried again next cycle; the composer hears of the
//   newest state.  A full recorder ring loses what was played, and counts it.
// - An offered scene begins at the next bar line, or at once while nothing rolls.
#ifndef MG_ENGINE_RT_H
#define MG_ENGINE_RT_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/clock.h"
#include "engine/counters.h"
#include "engine/ledger.h"
#include "engine/mark.h"
#include "engine/midi_clock_in.h"
#include "engine/midi_clock_out.h"
#include "engine/msg.h"
#include "engine/ring.h"
#include "engine/scene.h"
#include "engine/touch.h"
#include "engine/voices.h"
#include "io/cycle.h"

enum { MG_RT_PULSES = 256 }; // of a MIDI clock in a cycle: 10 quarter notes

// In freewheel: waits until the composer has decided something, or works in its place.
// Returns false when there is no use in asking again.
typedef bool mg_rt_wait_fn(void *context);

struct mg_rt_config {
    struct mg_scene *scene; // the first one; main's again after the driver is closed
    bool thru;              // copy the hand's notes to the output
    bool free_run;  // own time, from the first decision on, whatever the transport does
    bool clock_in;  // follow the MIDI clock of the input instead of the transport
    bool clock_out; // send a MIDI clock
    bool record;    // fill the ring `played`
    struct mg_ledger *ledger; // outlives rt
    mg_rt_wait_fn *wait;      // NULL: never asked
    void *wait_context;
};

// Single atomics from main to rt (release, acquire).
enum mg_rt_command {
    MG_RT_PANIC = 1,   // release everything once
    MG_RT_QUIT = 2,    // release everything and play nothing more
    MG_RT_INHERIT = 4, // end what an earlier life left sounding
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
    _Atomic(struct mg_scene *) offered; // main -> rt, until rt takes it (release)
    _Atomic uint32_t next_wishes; // how often the player asked for the next preset
    _Atomic uint32_t turned;      // the controller that moved last: count << 16 |
                                  // channel << 8 | controller
    struct mg_counters counters;

    // The real-time thread's own.
    struct mg_clock clock;
    struct mg_clock_cycle now;
    uint32_t place;     // frame of the transport in the last cycle
    uint32_t own_frame; // free-run: its transport
    bool own_rolling;
    struct mg_midi_clock_in clock_in;
    struct mg_midi_clock_out clock_out;
    struct mg_midi_event pulses[MG_RT_PULSES]; // to be sent in this cycle
    int pulse_count;
    int next_pulse;
    bool quitting;
    bool inheriting;
    bool rolled;   // since the beginning
    int64_t frame; // first frame of the cycle since the first roll
    uint64_t stopped_frames;
    int64_t life_frame; // first frame of the cycle since the first cycle
    int64_t turn_frame; // when the ledger's tables of ended notes change places
    int ended_table;    // the one of now

    // The scene that plays, the one to come, and the one that is over.
    struct mg_scene *scene;
    struct mg_scene *coming; // taken from `offered`
    bool coming_asked;       // the composer was asked for its first step:
    int64_t coming_step;     // as this grid numbers it,
    int64_t coming_first;    // and as its own does
    struct mg_scene *over;   // to be told to the composer
    bool scene_is_new;       // changed while nothing rolled

    // The generation, and what the composer has been told of it.
    uint32_t generation; // 0: none yet
    int64_t start_step;
    bool start_fresh;
    bool start_open; // no step of it has been reached
    bool start_told;
    struct mg_request next; // valid while next_owed
    bool next_owed;
    bool posted; // a request was pushed in this cycle

    struct mg_decision decision; // the newest of this generation
    bool has_decision;
    bool is_delayed; // the first step of a generation waits for its decision
    struct mg_clock_step delayed;
    double delayed_frame; // where it fell, from the first frame of this cycle; <= 0

    struct mg_voices ours;
    struct mg_voices thru;
    struct mg_touch touch;
    uint16_t held[MG_KEYS]; // by the hand or its pedal, one bit a channel
    uint16_t down[MG_KEYS]; // by the hand: a subset of held
    uint16_t pedals;        // sustain, one bit a channel
    bool told[MG_KEYS];     // what the composer believes
    bool told_owed;         // it differs from held somewhere
    uint32_t struck_keys;   // told to the composer since the beginning
    uint32_t waiting_key;   // the oldest of them without an answer; 0: none
    int64_t waiting_frame;  // where it was struck, in life_frame's count
};

// Runs one cycle: context is a struct mg_rt.  A mg_cycle_fn; real-time thread.
MG_RT void mg_rt_run(void *context, struct mg_cycle *cycle);

// Whether the first step from there is decided.  A mg_ready_fn; real-time thread.
MG_RT bool mg_rt_ready(void *context, const struct mg_transport *transport);

#endif
