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
#include "model/clones.h"
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

// Columns of two rows as bf16 pairs, the first in the lower half.
MG_CLONES static void
put_pairs(int columns, const float *first, const float *second, float *out)
{
    uint32_t pairs[MG_PANEL_COLUMNS];
    for (int j = 0; j < columns; j++)
        pairs[j] = mg_bf16(first[j]) | (uint32_t)mg_bf16(second[j]) << 16;
    // cppcheck-suppress uninitvar ; as many as are copied were filled in
    memcpy(out, pairs, (size_t)columns * sizeof *pairs);
}

void
mg_panels_put_line(float *words, int lines, int columns, int stripe, int line,
                   const float *values, const float *next)
{
    int width; // of the stripe: a panel's last may be narrower
    for (int column = 0; column < columns; column += width) {
        int end = column - column % MG_PANEL_COLUMNS + MG_PANEL_COLUMNS;
        int left = (end < columns ? end : columns) - column;
        width = left < stripe ? left : stripe;
        float *out =
            words + (size_t)column * (size_t)lines + (size_t)line * (size_t)width;
        if (next)
            put_pairs(width, values + column, next + column, out);
        else
            memcpy(out, values + column, (size_t)width * sizeof *out);
    }
}

// The weights of input k of the two matrices, one row in the order of the columns.
static void
arrange_input(const struct mg_panels *panels, const struct mg_gate_weights *a,
              const struct mg_gate_weights *b, int k, float *row)
{
    if (k < a->inputs)
        mg_panels_arrange(panels, a->values + k, a->stride, row);
    else if (k < panels->inputs)
        mg_panels_arrange(panels, b->values + k - a->inputs, b->stride, row);
    else
        memset(row, 0, (size_t)panels->width * sizeof *row);
    if (panels->words == MG_PANEL_ROUNDED)
        for (int j = 0; j < panels->width; j++)
            row[j] = mg_bf16_value(mg_bf16(row[j]));
}

void
mg_panels_pack(struct mg_panels *panels, const struct mg_gate_weights *a,
               const struct mg_gate_weights *b, float *scratch)
{
    bool pairs = panels->words == MG_PANEL_PAIRS;
    float *row = scratch, *next = pairs ? scratch + panels->width : NULL;
    int inputs_a_line = next ? 2 : 1;
    for (int line = 0; line < panels->lines; line++) {
        arrange_input(panels, a, b, line * inputs_a_line, row);
        if (next)
            arrange_input(panels, a, b, line * inputs_a_line + 1, next);
        mg_panels_put_line(panels->weights, panels->lines, panels->width,
                           panels->stripe, line, row, next);
    }
}

int
mg_panels_init(struct mg_panels *panels, int units, enum mg_panel_words words,
               int stripe, const struct mg_gate_weights *a,
               const struct mg_gate_weights *b)
{
    int inputs = a->inputs + b->inputs;
    *panels = (struct mg_panels){
        .units = units, .inputs = inputs, .stripe = stripe, .words = words};
    panels->lines = words == MG_PANEL_PAIRS ? (inputs + 1) / 2 : inputs;
    panels->count = (units + MG_PANEL_UNITS - 1) / MG_PANEL_UNITS;
    panels->width = (panels->count - 1) * MG_PANEL_COLUMNS +
                    mg_panels_columns(panels, panels->count - 1);
    panels->weights = mg_zeros((size_t)panels->lines, (size_t)panels->width);
    float *scratch = mg_zeros(2, (size_t)panels->width);
    if (panels->weights && scratch)
        mg_panels_pack(panels, a, b, scratch);
    int status = panels->weights && scratch ? 0 : -ENOMEM;
    free(scratch);
    return status;
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
