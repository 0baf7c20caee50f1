// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Random numbers as a pure function of where they are used: Philox4x32-10 (Salmon et
// al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), keyed by the seed.
#ifndef MG_MODEL_RANDOM_H
#define MG_MODEL_RANDOM_H

#include <stdint.h>

// What the numbers are for: each use draws from its own stream.
enum mg_random_stream {
    MG_RANDOM_CHOICE,  // the sampler: pass, step, note
    MG_RANDOM_WEIGHTS, // initial weights
    MG_RANDOM_ORDER,   // order of the training segments
    MG_RANDOM_SEGMENT, // start and transposition of a training segment
    MG_RANDOM_DROPOUT, // dropout masks
};

struct mg_random {
    uint32_t word[4];
};

// Four independent 32-bit words for the place (stream, a, b, c).  Any thread; never
// fails.
struct mg_random mg_random_at(uint64_t seed, enum mg_random_stream stream, uint32_t a,
                              uint32_t b, uint32_t c);

// A word as a uniform number in [0, 1), a multiple of 2^-24 (exact in fp32).
float mg_random_unit(uint32_t word);

#endif
