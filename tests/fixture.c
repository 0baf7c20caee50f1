// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A small made-up piece and model.
#include "tests/fixture.h"

#include <assert.h>
#include <stdlib.h>

#include "model/random.h"

static float
unit(uint64_t seed, size_t at)
{
    return mg_random_unit(
        mg_random_at(seed, MG_RANDOM_WEIGHTS, (uint32_t)at, 1, 1).word[0]);
}

struct mg_model *
mg_fixture_model(const struct mg_shape *shape, uint64_t seed)
{
    struct mg_model *model = mg_model_create(shape, NULL);
    assert(model);
    for (size_t i = 0; i < model->layout.parameters; i++)
        model->weights[i] = unit(seed, i) - 0.5f;
    return model;
}

void
mg_fixture_roll(struct mg_roll *roll, int lowest_note, int notes, int steps,
                uint64_t seed)
{
    int status = mg_roll_init(roll, lowest_note, notes, steps);
    assert(!status);
    (void)status;
    for (int t = 0; t < steps; t++)
        for (int n = 0; n < notes; n++) {
            float u = unit(seed, (size_t)t * (size_t)notes + (size_t)n);
            if (u < 0.2f)
                mg_roll_add(roll, lowest_note + n, t, t + 1 + (int)(u * 20), 1, 1);
        }
}

double *
mg_fixture_weights(const struct mg_model *model)
{
    double *weights = malloc(model->layout.parameters * sizeof *weights);
    assert(weights);
    for (size_t i = 0; i < model->layout.parameters; i++)
        weights[i] = (double)model->weights[i];
    return weights;
}
