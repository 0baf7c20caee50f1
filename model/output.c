// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Two dot products of 16 sums each, which a compiler keeps in vectors: a single sum would
// wait for one addition after the other.
#include "model/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/panels.h"
#include "model/zeros.h"

enum { SUMS = MG_PANEL_UNITS };

int
mg_output_init(struct mg_output *output, const struct mg_model *model)
{
    const struct mg_layout *layout = &model->layout;
    int units = layout->shape.note_units[layout->shape.note_layers - 1];
    output->inputs = (units + SUMS - 1) / SUMS * SUMS;
    output->weight = mg_zeros(2, (size_t)output->inputs);
    if (!output->weight)
        return -ENOMEM;
    for (int o = 0; o < 2; o++) {
        memcpy(output->weight + o * output->inputs,
               model->weights + layout->out_weight + o * units,
               (size_t)units * sizeof(float));
        output->bias[o] = model->weights[layout->out_bias + (size_t)o];
    }
    return 0;
}

void
mg_output_finish(struct mg_output *output)
{
    free(output->weight);
    *output = (struct mg_output){0};
}

void
mg_output_logits(const struct mg_output *output, const float *h, float logits[2])
{
    for (int o = 0; o < 2; o++) {
        const float *w = output->weight + o * output->inputs;
        float sum[SUMS] = {0};
        for (int k = 0; k < output->inputs; k += SUMS)
            for (int j = 0; j < SUMS; j++)
                sum[j] += w[k + j] * h[k + j];
        for (int half = SUMS / 2; half > 0; half /= 2)
            for (int j = 0; j < half; j++)
                sum[j] += sum[j + half];
        logits[o] = output->bias[o] + sum[0];
    }
}
