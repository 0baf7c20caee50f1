// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One cycle of audio time: what a driver tells the instrument, and what it gets back.
//
// A driver (JACK, ALSA, synth, offline) calls a mg_cycle_fn once per buffer from its
// real-time thread.  Nothing here names a driver, so the instrument is tested with
// arrays.
#ifndef MG_IO_CYCLE_H
#define MG_IO_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

struct mg_midi_event {
    uint32_t frame;  // offset into the cycle, 0 .. frames - 1
    uint8_t size;    // bytes used, 1..3; sysex and longer messages never come this far
    uint8_t data[3]; // status byte first, no running status
};

// The transport at the first frame of the cycle, raw as the driver got it: nothing in
// it is to be believed unchecked.
struct mg_transport {
    bool rolling;
    uint32_t frame; // of the song; wraps at 2^32
    bool has_bbt;   // the fields below are there (a timebase master gave them)
    int32_t bar;    // from 1
    int32_t beat;   // from 1
    double tick;    // 0 .. ticks_per_beat
    double bar_start_tick;
    double ticks_per_beat;
    double beats_per_minute;
    double beats_per_bar;
    double beat_type; // 4 = a beat is a quarter note
    int32_t
        bbt_offset_frames; // the BBT was true this long before the first frame; < 0:
                           // will be true after it
};

struct mg_cycle {
    uint32_t frames;  // length of the cycle
    uint32_t rate_hz; // frames per second
    bool freewheel;   // time is not real: waiting is allowed
    struct mg_transport transport;
    const struct mg_midi_event *in; // sorted by frame
    int in_count;
    struct mg_midi_event *out; // the callee writes them sorted by frame
    int out_capacity;
    int out_count; // 0 on entry
};

// Real-time thread.  Must not wait, allocate or call the system.
typedef void mg_cycle_fn(void *context, struct mg_cycle *cycle);

// Whether a mg_cycle_fn is prepared to roll from there.  Real-time thread, as above.
typedef bool mg_ready_fn(void *context, const struct mg_transport *transport);

#endif
