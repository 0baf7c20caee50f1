// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The loops that the kernels share.  Each kernel file includes this once, after it has
// said what its machine is like:
//
//     TARGET            the attribute of its functions; INLINE: always
//     LANES             fp32 numbers in a vector
//     VECTORS           of a stripe, so that the sums of a block stay in registers
//     vector, words     of LANES floats and of as many uint32_t
//     all(x)            x in every lane
//     fused(x, y, z)    x * y + z, rounded once where the machine can
//     between(l, x, h)  x, or the bound it is beyond; l if it is NaN
//     DOT(x, y, z)      only where the machine has it: the products of pairs of bf16, + z
//
// The sums of a block's rows by a stripe's vectors are kept in registers while the
// weights go by: each vector of weights read from the cache serves all rows, each input
// all vectors, and there are enough independent sums to hide the latency of a
// multiplication.
#include <string.h>

#include "model/cell16.h"
#include "model/cell16_train.h"
#include "model/features.h"

// What a line of weights is, and what the inputs are.
enum line {
    SINGLES, // fp32 against fp32
    WIDENED, // pairs of bf16, widened, against fp32
    PAIRS    // pairs of bf16 against pairs that stand where an fp32 number would
};

enum {
    STRIPE = VECTORS * LANES,
    SIXTEEN = 16 / LANES, // vectors: panels are a multiple of 16 columns wide
    MOST_VECTORS = 7 * SIXTEEN
};

// A line's products for one vector of columns.
TARGET static INLINE vector
add_line(enum line line, vector sum, const float *x, int k, vector w)
{
#ifdef DOT
    if (line == PAIRS)
        return DOT(all(x[k]), w, sum);
#endif
    if (line == SINGLES)
        return fused(all(x[k]), w, sum);
    words both = (words)w; // the first of a pair is the lower half of its word
    sum = fused(all(x[2 * k]), (vector)(both << 16), sum);
    return fused(all(x[2 * k + 1]), (vector)(both & 0xffff0000), sum);
}

// Sums of the columns from `column` on, where a stripe begins.  All but b, column and sums
// are constants where this is called: all loops but the one over the lines are unrolled,
// or the sums would not be in registers.
TARGET static INLINE void
multiply(int rows, int vectors, enum line line, bool across, const struct mg_block *b,
         int column, float *sums)
{
    vector sum[MG_BLOCK_ROWS][MOST_VECTORS], w[MOST_VECTORS];
    const float *weights = b->weights + (size_t)column * (size_t)b->lines;
    const float *start = b->start + column;
#pragma GCC unroll 28
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 28
        for (int v = 0; v < vectors; v++)
            memcpy(&sum[r][v], start + (size_t)r * b->start_stride + v * LANES,
                   sizeof(vector));
    for (int k = 0; k < b->lines; k++) {
#pragma GCC unroll 28
        for (int v = 0; v < vectors; v++) {
            int first = v / VECTORS * VECTORS; // of the stripe; the last may be narrow
            int width = vectors - first < VECTORS ? vectors - first : VECTORS;
            memcpy(&w[v],
                   weights + (first * b->lines + k * width + (v - first)) * LANES,
                   sizeof(vector));
        }
#pragma GCC unroll 28
        for (int r = 0; r < rows; r++) {
            const float *x =
                across ? b->x + k * MG_BLOCK_ROWS + r : b->x + (size_t)r * b->x_stride;
#pragma GCC unroll 28
            for (int v = 0; v < vectors; v++)
                sum[r][v] = add_line(line, sum[r][v], x, across ? 0 : k, w[v]);
        }
    }
#pragma GCC unroll 28
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 28
        for (int v = 0; v < vectors; v++)
            memcpy(sums + r * MG_PANEL_COLUMNS + column + v * LANES, &sum[r][v],
                   sizeof(vector));
}

// A panel: its stripes, of which the last may be narrower where they are wide.
TARGET static INLINE void
multiply_panel(int rows, enum line line, bool across, const struct mg_block *b,
               float *sums)
{
    int column = 0;
    for (; column + STRIPE <= b->columns; column += STRIPE)
        multiply(rows, VECTORS, line, across, b, column, sums);
    switch ((b->columns - column) / LANES) {
    case 1:
        multiply(rows, 1, line, across, b, column, sums);
        break;
    case 2:
        multiply(rows, 2, line, across, b, column, sums);
        break;
    case 3:
        multiply(rows, 3, line, across, b, column, sums);
        break;
    }
}

// One row against any number of panels.  Few sums would wait for each other: what is
// left at the end is taken together with the last whole panel.
TARGET static INLINE void
multiply_row(enum line line, const struct mg_block *b, float *sums)
{
    int column = 0, left = b->columns / 16;
    for (; left >= 8; left -= 4, column += MG_PANEL_COLUMNS)
        multiply(1, 4 * SIXTEEN, line, false, b, column, sums);
    switch (left) {
    case 1:
        multiply(1, SIXTEEN, line, false, b, column, sums);
        break;
    case 2:
        multiply(1, 2 * SIXTEEN, line, false, b, column, sums);
        break;
    case 3:
        multiply(1, 3 * SIXTEEN, line, false, b, column, sums);
        break;
    case 4:
        multiply(1, 4 * SIXTEEN, line, false, b, column, sums);
        break;
    case 5:
        multiply(1, 5 * SIXTEEN, line, false, b, column, sums);
        break;
    case 6:
        multiply(1, 6 * SIXTEEN, line, false, b, column, sums);
        break;
    default:
        multiply(1, MOST_VECTORS, line, false, b, column, sums);
    }
}

TARGET static INLINE void
block_sums(enum line line, bool across, const struct mg_block *b, float *sums)
{
    switch (b->rows) {
    case 1:
        if (across)
            multiply_panel(1, line, across, b, sums);
        else
            multiply_row(line, b, sums);
        break;
    case 2:
        multiply_panel(2, line, across, b, sums);
        break;
    case 3:
        multiply_panel(3, line, across, b, sums);
        break;
    case 4:
        multiply_panel(4, line, across, b, sums);
        break;
    case 5:
        multiply_panel(5, line, across, b, sums);
        break;
    default:
        multiply_panel(MG_BLOCK_ROWS, line, across, b, sums);
    }
}

TARGET static void
fp32_sums(const struct mg_block *block, float *sums)
{
    block_sums(SINGLES, false, block, sums);
}

TARGET static void
fp32_sums_across(const struct mg_block *block, float *sums)
{
    block_sums(SINGLES, true, block, sums);
}

// Of one row.
TARGET static void
widened_row_sums(const struct mg_block *block, float *sums)
{
    multiply_row(WIDENED, block, sums);
}

TARGET static void
listed_sums(const struct mg_feature_list *list, const float *rows, const float *start,
            float *sums)
{
    enum { COUNT = MG_PANEL_COLUMNS / LANES };
    vector sum[COUNT];
#pragma GCC unroll 16
    for (int v = 0; v < COUNT; v++)
        sum[v] = load(start + v * LANES);
    for (int i = 0; i < list->count; i++) {
        const float *row = rows + list->index[i] * MG_PANEL_COLUMNS;
        vector value = all(list->value[i]);
#pragma GCC unroll 16
        for (int v = 0; v < COUNT; v++)
            sum[v] = fused(value, load(row + v * LANES), sum[v]);
    }
#pragma GCC unroll 16
    for (int v = 0; v < COUNT; v++)
        store(sum[v], sums + v * LANES);
}

static inline void
keep_inputs(int count, const float *values, void *inputs)
{
    memcpy(inputs, values, (size_t)count * sizeof *values);
}
