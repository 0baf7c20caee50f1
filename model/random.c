// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Counter-based random numbers by Random123's Philox.
#include "model/random.h"

#include <Random123/philox.h>

struct mg_random
mg_random_at(uint64_t seed, enum mg_random_stream stream, uint32_t a, uint32_t b,
             uint32_t c)
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {{(uint32_t)stream, a, b, c}};
    philox4x32_ctr_t r = philox4x32(counter, key);
    return (struct mg_random){{r.v[0], r.v[1], r.v[2], r.v[3]}};
}

float
mg_random_unit(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}
