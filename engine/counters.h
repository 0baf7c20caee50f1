// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the real-time thread counts, for anyone to read.
//
// Each is a single atomic with relaxed order, written by the real-time thread alone: a
// reader may see one of them a cycle older than another.
#ifndef MG_ENGINE_COUNTERS_H
#define MG_ENGINE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

struct mg_counters {
    _Atomic uint64_t cycles;
    _Atomic uint64_t frames;        // since the first roll
    _Atomic uint64_t steps;         // reached, late ones too
    _Atomic uint64_t late_steps;    // no decision was there: nothing new was struck
    _Atomic uint64_t delayed_steps; // first steps after a relocation, struck a bit late
    _Atomic uint64_t skipped_steps; // more than the clock allows in one cycle
    _Atomic uint64_t starts;        // generations opened
    _Atomic uint64_t notes_on;      // sent
    _Atomic uint64_t notes_off;     // sent
    _Atomic uint64_t sounding;      // now, with those whose note-off is still owed
    _Atomic uint64_t dropped_notes; // note-ons that the output had no room for
    _Atomic uint64_t deferred_offs; // note-offs sent a cycle later for lack of room
    _Atomic uint64_t dropped_pulses; // MIDI clock that the output had no room for
    _Atomic uint64_t
        dropped_played; // messages that the recorder's ring had no room for
    _Atomic uint64_t refused_requests; // tries on the composer's full ring; tried again
    _Atomic uint64_t bad_input;        // malformed events on the input
    _Atomic uint64_t keys;             // struck by the hand and answered by a decision
    _Atomic uint64_t late_keys;        // struck before a step that did not know of them
    _Atomic uint64_t hand_frames; // sum over `keys`: from the key to the cycle that
                                  // could play the answer
    _Atomic uint64_t hand_frames_max;
    _Atomic uint64_t scenes; // begun
};

static inline void
mg_count_add(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t was = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, was + n, memory_order_relaxed);
}

static inline void
mg_count_max(_Atomic uint64_t *counter, uint64_t n)
{
    if (n > atomic_load_explicit(counter, memory_order_relaxed))
        atomic_store_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t
mg_count_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
