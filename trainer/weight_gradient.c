// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Packing of chunks, and the loop over blocks of inputs.
#include "trainer/weight_gradient.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/zeros.h"
#include "trainer/pages.h"

static bool
pairs(const struct mg_weight_gradient *g)
{
    return g->kernel->precision == MG_PRECISION_BF16;
}

// A line has one row, or a pair of them.
static int
lines_of(const struct mg_weight_gradient *g, int rows)
{
    return pairs(g) ? (rows + 1) / 2 : rows;
}

static int
blocks_of(const struct mg_weight_gradient *g)
{
    return (g->inputs + MG_BLOCK_ROWS - 1) / MG_BLOCK_ROWS;
}

int
mg_weight_gradient_init(struct mg_weight_gradient *g, const struct mg_kernel *kernel,
                        int inputs, int panels, int rows)
{
    *g = (struct mg_weight_gradient){.kernel = kernel, .inputs = inputs, .rows = rows};
    size_t lines = (size_t)lines_of(g, rows);
    g->sums = mg_pages((size_t)panels * (size_t)inputs, MG_PANEL_COLUMNS);
    g->inputs_packed = mg_pages((size_t)blocks_of(g) * lines, MG_BLOCK_ROWS);
    g->panel = mg_zeros(lines, MG_PANEL_COLUMNS);
    g->none = calloc((size_t)inputs, sizeof *g->none);
    return g->sums && g->inputs_packed && g->panel && g->none ? 0 : -ENOMEM;
}

void
mg_weight_gradient_finish(struct mg_weight_gradient *g)
{
    free(g->sums);
    free(g->inputs_packed);
    free(g->panel);
    free(g->none);
    *g = (struct mg_weight_gradient){0};
}

// Some inputs of a pair of rows as bf16 pairs.
static inline __attribute__((always_inline)) void
pair_up(int count, const uint16_t *first, const uint16_t *second, float *out)
{
    uint32_t pairs[MG_BLOCK_ROWS];
    for (int j = 0; j < count; j++)
        pairs[j] = first[j] | (uint32_t)second[j] << 16;
    // cppcheck-suppress uninitvar ; as many as are copied were filled in
    memcpy(out, pairs, (size_t)count * sizeof *pairs);
}

// A row, cut into blocks of inputs that are `stride` apart.
static void
pack_values(int count, const float *row, size_t stride, float *out)
{
    for (; count >= MG_BLOCK_ROWS; count -= MG_BLOCK_ROWS) {
        memcpy(out, row, MG_BLOCK_ROWS * sizeof *out);
        row += MG_BLOCK_ROWS;
        out += stride;
    }
    memcpy(out, row, (size_t)count * sizeof *out);
}

// The same of a pair of rows.
static void
pack_pairs(int count, const uint16_t *row, const uint16_t *next, size_t stride,
           float *out)
{
    for (; count >= MG_BLOCK_ROWS; count -= MG_BLOCK_ROWS) {
        pair_up(MG_BLOCK_ROWS, row, next, out);
        row += MG_BLOCK_ROWS;
        next += MG_BLOCK_ROWS;
        out += stride;
    }
    pair_up(count, row, next, out);
}

void
mg_weight_gradient_take(struct mg_weight_gradient *g, int rows, const float *inputs,
                        size_t stride)
{
    size_t block = (size_t)lines_of(g, rows) * MG_BLOCK_ROWS;
    float *out = g->inputs_packed;
    if (!pairs(g))
        for (int r = 0; r < rows; r++, inputs += stride, out += MG_BLOCK_ROWS)
            pack_values(g->inputs, inputs, block, out);
    else
        for (int r = 0; r < rows; r += 2, inputs += 2 * stride, out += MG_BLOCK_ROWS)
            pack_pairs(g->inputs, (const void *)inputs,
                       r + 1 < rows ? (const void *)(inputs + stride) : g->none, block,
                       out);
}

// Asks for the sums of the next block, which come from afar, while this one is computed.
static void
fetch(const float *sums)
{
    enum { LINE_VALUES = 16 };
    for (int i = 0; i < MG_BLOCK_ROWS * MG_PANEL_COLUMNS; i += LINE_VALUES)
        __builtin_prefetch(sums + i, 1);
}

void
mg_weight_gradient_add(struct mg_weight_gradient *g, int rows, int p, int columns,
                       const float *derivatives)
{
    static const float NONE[MG_PANEL_COLUMNS];
    int lines = lines_of(g, rows), step = pairs(g) ? 2 : 1;
    for (int r = 0; r < rows; r += step) {
        const float *row = derivatives + (size_t)r * MG_PANEL_COLUMNS;
        const float *next = r + 1 < rows ? row + MG_PANEL_COLUMNS : NONE;
        mg_panels_put_line(g->panel, lines, columns, g->kernel->stripe, r / step, row,
                           pairs(g) ? next : NULL);
    }
    float *sums = g->sums + (size_t)p * (size_t)g->inputs * MG_PANEL_COLUMNS;
    struct mg_block block = {
        .columns = columns,
        .lines = lines,
        .x = g->inputs_packed,
        .weights = g->panel,
        .start_stride = MG_PANEL_COLUMNS,
    };
    for (int k = 0; k < g->inputs; k += MG_BLOCK_ROWS) {
        int left = g->inputs - k;
        block.rows = left < MG_BLOCK_ROWS ? left : MG_BLOCK_ROWS;
        block.start = sums + (size_t)k * MG_PANEL_COLUMNS;
        fetch(block.start + (size_t)block.rows * MG_PANEL_COLUMNS);
        g->kernel->sums_across(&block, sums + (size_t)k * MG_PANEL_COLUMNS);
        block.x += lines * MG_BLOCK_ROWS;
    }
}
