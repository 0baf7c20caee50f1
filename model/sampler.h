// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The sampler: draws the cells of one step from the network's probabilities.
#ifndef MG_MODEL_SAMPLER_H
#define MG_MODEL_SAMPLER_H

#include "model/network.h"

// How one step is drawn.
struct mg_sampling {
    uint64_t seed;
    uint32_t pass;        // which run through the song this is: a new pass, new numbers
    float temperature;    // divides the logits; > 0
    float courage;        // exponent c of P(play)^c, 0 < c; under 1 plays more
    const uint8_t *fixed; // (N), cells a hand gives beforehand; 0 = free; or NULL
    const uint8_t *silent; // (N), 1 = masked out: never chosen; or NULL
};

// Draws step t (>= 0): u1 < P(play)^c, then u2 < P(articulate).  Call it after
// mg_network_listen().  cells: (N), out.  Composer thread.  Never fails, never
// allocates.
void mg_sampler_draw(struct mg_network *network, const struct mg_sampling *sampling,
                     int64_t t, uint8_t *cells);

#endif
