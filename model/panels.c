// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Packing: where each weight of a layer goes.
#include "model/panels.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/bf16.h"
#include "model/zeros.h"

enum { VECTOR = 16 };

int
mg_panels_units(const struct mg_panels *panels, int p)
{
    int left = panels->units - p * MG_PANEL_UNITS;
    return left < MG_PANEL_UNITS ? left : MG_PANEL_UNITS;
}

int
mg_panels_columns(const struct mg_panels *panels, int p)
{
    int columns = MG_GATES * mg_panels_units(panels, p);
    return (columns + VECTOR - 1) / VECTOR * VECTOR;
}

// Only the last panel can be narrower: those before it are whole.
static size_t
words_before(const struct mg_panels *panels, int p)
{
    return (size_t)p * (size_t)panels->lines * MG_PANEL_COLUMNS;
}

const float *
mg_panels_at(const struct mg_panels *panels, int p)
{
    return panels->weights + words_before(panels, p);
}

// Stores the weight of input k.
static void
put(struct mg_panels *panels, bool pairs, int p, int column, int k, float value)
{
    int columns = mg_panels_columns(panels, p);
    int stripe = columns < panels->stripe ? columns : panels->stripe;
    size_t line =
        (size_t)(column / stripe) * (size_t)panels->lines + (size_t)(pairs ? k / 2 : k);
    float *word = panels->weights + words_before(panels, p) + line * (size_t)stripe +
                  column % stripe;
    uint16_t half = mg_bf16(value);
    if (pairs)
        memcpy((uint8_t *)word + (k % 2) * 2, &half, sizeof half);
    else
        *word = value;
}

static void
pack(struct mg_panels *panels, bool pairs, int first_input,
     const struct mg_gate_weights *from)
{
    for (int unit = 0; unit < panels->units; unit++) {
        int p = unit / MG_PANEL_UNITS, units = mg_panels_units(panels, p);
        for (int gate = 0; gate < MG_GATES; gate++) {
            const float *row = from->values + (size_t)(gate * panels->units + unit) *
                                                  (size_t)from->stride;
            for (int k = 0; k < from->inputs; k++)
                put(panels, pairs, p, gate * units + unit % MG_PANEL_UNITS,
                    first_input + k, row[k]);
        }
    }
}

int
mg_panels_init(struct mg_panels *panels, int units, enum mg_precision precision,
               int stripe, const struct mg_gate_weights *a,
               const struct mg_gate_weights *b)
{
    bool pairs = precision == MG_PRECISION_BF16;
    int inputs = a->inputs + b->inputs;
    *panels = (struct mg_panels){.units = units, .inputs = inputs, .stripe = stripe};
    panels->lines = pairs ? (inputs + 1) / 2 : inputs;
    panels->count = (units + MG_PANEL_UNITS - 1) / MG_PANEL_UNITS;
    panels->width = (panels->count - 1) * MG_PANEL_COLUMNS +
                    mg_panels_columns(panels, panels->count - 1);
    panels->weights = mg_zeros((size_t)panels->lines, (size_t)panels->width);
    if (!panels->weights)
        return -ENOMEM;
    pack(panels, pairs, 0, a);
    pack(panels, pairs, a->inputs, b);
    return 0;
}

void
mg_panels_finish(struct mg_panels *panels)
{
    free(panels->weights);
    *panels = (struct mg_panels){0};
}

void
mg_panels_arrange(const struct mg_panels *panels, const float *gates, int stride,
                  float *row)
{
    memset(row, 0, (size_t)panels->width * sizeof *row);
    for (int unit = 0; unit < panels->units; unit++) {
        int p = unit / MG_PANEL_UNITS;
        for (int gate = 0; gate < MG_GATES; gate++)
            row[p * MG_PANEL_COLUMNS + gate * mg_panels_units(panels, p) +
                unit % MG_PANEL_UNITS] =
                gates[(size_t)(gate * panels->units + unit) * (size_t)stride];
    }
}
