// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The sampler: two uniform numbers a note, turned into bounds of its logits beforehand.
//
// What is to be decided, u < sigmoid(z / T)^c, is z > T logit(u^(1/c)), because both
// sides rise with z.  The right side needs no logit of the network, so that while the
// notes wait for each other nothing is left of it but a comparison.
#include "model/sampler.h"

#include "model/activation.h"
#include "model/clones.h"
#include "model/random.h"
#include "model/roll.h"

// What a note's logits must be above for it to play, and to be struck.
struct bounds {
    float play[MG_NOTES_MAX];
    float articulate[MG_NOTES_MAX];
};

// logit(q) of q = e^y, y <= 0: y - ln(1 - e^y).  Where e^y is near 1 the difference would
// lose its digits, and four terms of its series have them all.
static inline float
logit_of_exp(float y)
{
    float series = -y * (1.0f + y * (0.5f + y * (1.0f / 6.0f + y * (1.0f / 24.0f))));
    float rest = 1.0f - mg_exp(y);
    rest = y > -0.0625f ? series : rest; // both are computed: a loop can be of vectors
    return y - mg_log(rest);
}

// u: numbers in [0, 1), turned into bounds.  To mg_log() 0 is 2^-127.
MG_CLONES static void
bound_logits(int count, float temperature, float exponent, float *u)
{
    for (int i = 0; i < count; i++)
        u[i] = temperature * logit_of_exp(mg_log(u[i]) / exponent);
}

static void
draw_bounds(const struct mg_sampling *sampling, int N, int64_t t, struct bounds *bounds)
{
    for (int i = 0; i < N; i++) {
        // The place of this choice: pass and step, then the note beside the high step
        // bits.
        struct mg_random r =
            mg_random_at(sampling->seed, MG_RANDOM_CHOICE, sampling->pass, (uint32_t)t,
                         (uint32_t)(t >> 32) << 8 | (uint32_t)i);
        bounds->play[i] = mg_random_unit(r.word[0]);
        bounds->articulate[i] = mg_random_unit(r.word[1]);
    }
    bound_logits(N, sampling->temperature, sampling->courage, bounds->play);
    bound_logits(N, sampling->temperature, 1.0f, bounds->articulate);
}

void
mg_sampler_draw(struct mg_network *network, const struct mg_sampling *sampling,
                int64_t t, uint8_t *cells)
{
    int N = mg_network_shape(network)->notes;
    struct bounds bounds;
    uint8_t below = 0;
    draw_bounds(sampling, N, t, &bounds);
    for (int i = 0; i < N; i++) {
        float logits[2];
        mg_network_next_note(network, below, logits);
        if (sampling->fixed && sampling->fixed[i])
            below = sampling->fixed[i];
        else if ((sampling->silent && sampling->silent[i]) ||
                 logits[0] <= bounds.play[i])
            below = 0;
        else if (logits[1] <= bounds.articulate[i])
            below = MG_CELL_PLAY;
        else
            below = MG_CELL_PLAY | MG_CELL_ARTICULATE;
        cells[i] = below;
    }
}
