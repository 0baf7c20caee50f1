// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The sampler: draws the cells of one step from the network's probabilities.
#ifndef MG_MODEL_SAMPLER_H
#define MG_MODEL_SAMPLER_H

#include "model/network.h"

// How one step is drawn.
struct mg_sampling {
    uint64_t seed;
    uint32_t pass;         // which run through the song this is: a new pass, new numbers
    float temperature;     // divides the logits; > 0
    float courage;         // exponent c of P(play)^c, 0 < c; under 1 plays more
    const uint8_t *held;   // (N), 1 = held by a hand: fixed to play before the choice; or NULL
    const uint8_t *silent; // (N), 1 = masked out: never chosen; or NULL
};

// Draws step t (>= 0): u1 < P(play)^c, then u2 < P(articulate).  Call it after
// mg_network_listen().  before: (N) cells of step t - 1: a held key that did not play there
// is articulated.  cells: (N), out.  Composer thread.  Never fails, never allocates.
void mg_sampler_draw(struct mg_network *network, const struct mg_sampling *sampling,
                     int64_t t, const uint8_t *before, uint8_t *cells);

#endif
