// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The time of an ALSA queue, counted in frames and cycles.  Pure: any thread.
//
// Frame f begins f / rate_hz seconds after the queue was started.  Cycle n covers frames
// [n * period, (n + 1) * period) and is due at its end, when all of its input has come.
#ifndef MG_IO_ALSA_CLOCK_H
#define MG_IO_ALSA_CLOCK_H

#include <alsa/asoundlib.h>
#include <stdint.h>

#define MG_ALSA_NS_PER_S UINT64_C(1000000000)

// The first nanosecond of a frame, so that mg_alsa_clock_frame() gives the frame back.
snd_seq_real_time_t mg_alsa_clock_time(uint64_t frame, uint32_t rate_hz);

// The frame that a time falls into.
uint64_t mg_alsa_clock_frame(const snd_seq_real_time_t *time, uint32_t rate_hz);

// Nanoseconds until the queue, which stands at *now, has reached a frame; 0 when it has.
uint64_t mg_alsa_clock_wait_ns(const snd_seq_real_time_t *now, uint64_t frame,
                               uint32_t rate_hz);

// How many cycles to leave out: none while `cycle`, run at frame `now`, is less than a
// period late, else all but the newest whole one.
uint64_t mg_alsa_clock_missed(uint64_t cycle, uint64_t now, uint32_t period_frames);

#endif
