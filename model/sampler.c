// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The sampler: two uniform numbers a note, compared with two probabilities.
#include "model/sampler.h"

#include "model/activation.h"
#include "model/random.h"
#include "model/roll.h"

// ln sigmoid(z) = -ln(1 + e^-z), without loss where sigmoid(z) is near 0.
static float
log_sigmoid(float z)
{
    return z > 0.0f ? -mg_log(1.0f + mg_exp(-z)) : z - mg_log(1.0f + mg_exp(z));
}

// One cell from its two logits and two uniform numbers.
static uint8_t
draw_cell(const struct mg_sampling *sampling, const float logits[2], float u1, float u2)
{
    float log_play = log_sigmoid(logits[0] / sampling->temperature);
    if (u1 >= mg_exp(sampling->courage * log_play))
        return 0;
    if (u2 >= mg_sigmoid(logits[1] / sampling->temperature))
        return MG_CELL_PLAY;
    return MG_CELL_PLAY | MG_CELL_ARTICULATE;
}

void
mg_sampler_draw(struct mg_network *network, const struct mg_sampling *sampling,
                int64_t t, uint8_t *cells)
{
    int N = mg_network_shape(network)->notes;
    uint8_t below = 0;
    for (int i = 0; i < N; i++) {
        float logits[2];
        mg_network_next_note(network, below, logits);
        // The place of this choice: pass and step, then the note beside the high step
        // bits.
        struct mg_random r =
            mg_random_at(sampling->seed, MG_RANDOM_CHOICE, sampling->pass, (uint32_t)t,
                         (uint32_t)(t >> 32) << 8 | (uint32_t)i);
        if (sampling->fixed && sampling->fixed[i])
            below = sampling->fixed[i];
        else if (sampling->silent && sampling->silent[i])
            below = 0;
        else
            below = draw_cell(sampling, logits, mg_random_unit(r.word[0]),
                              mg_random_unit(r.word[1]));
        cells[i] = below;
    }
}
