// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The time of an ALSA queue, counted in frames and cycles.
#include "io/alsa_clock.h"

// Whole seconds apart: a product of frames and nanoseconds would overflow within a week.
snd_seq_real_time_t
mg_alsa_clock_time(uint64_t frame, uint32_t rate_hz)
{
    uint64_t part = frame % rate_hz * MG_ALSA_NS_PER_S;
    return (snd_seq_real_time_t){
        .tv_sec = (unsigned)(frame / rate_hz),
        .tv_nsec = (unsigned)((part + rate_hz - 1) / rate_hz),
    };
}

uint64_t
mg_alsa_clock_frame(const snd_seq_real_time_t *time, uint32_t rate_hz)
{
    return (uint64_t)time->tv_sec * rate_hz +
           (uint64_t)time->tv_nsec * rate_hz / MG_ALSA_NS_PER_S;
}

static uint64_t
nanoseconds(const snd_seq_real_time_t *time)
{
    return time->tv_sec * MG_ALSA_NS_PER_S + time->tv_nsec;
}

uint64_t
mg_alsa_clock_wait_ns(const snd_seq_real_time_t *now, uint64_t frame, uint32_t rate_hz)
{
    snd_seq_real_time_t then = mg_alsa_clock_time(frame, rate_hz);
    uint64_t now_ns = nanoseconds(now), then_ns = nanoseconds(&then);
    return then_ns > now_ns ? then_ns - now_ns : 0;
}

uint64_t
mg_alsa_clock_missed(uint64_t cycle, uint64_t now, uint32_t period_frames)
{
    uint64_t ended = now / period_frames; // cycles that have ended
    return ended > cycle + 1 ? ended - 1 - cycle : 0;
}
