// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The loops that the kernels share.  Each kernel file includes this once, after it has
// said what its machine is like:
//
//     TARGET            the attribute of its functions; INLINE: always
//     LANES             fp32 numbers in a vector
//     VECTORS           of sums for each row of a block, so that all stay in registers
//     ONE_ROW_VECTORS   and where there is one row only
//     STRIPE            columns of a panel that are packed together
//     vector, words     of LANES floats and of as many uint32_t
//     all(x)            x in every lane
//     fused(x, y, z)    x * y + z, rounded once where the machine can
//     between(l, x, h)  x, or the bound it is beyond; l if it is NaN
//     add_line()        a line's products for one vector of columns
//
// A block of rows x vectors sums is kept in registers while the weights go by: each
// vector of weights read from the cache serves all rows, each input all vectors, and
// there are enough independent sums to hide the latency of a multiplication.
#include <string.h>

#include "model/cell16.h"

// Sums of the columns from `column` on.  rows, vectors and pairs are constants where
// this is called: all loops but the one over the lines are unrolled, or the sums would
// not be in registers.
TARGET static INLINE void
multiply(int rows, int vectors, bool pairs, const struct mg_block *b, int column,
         float *sums)
{
    vector sum[MG_BLOCK_ROWS][ONE_ROW_VECTORS], w[ONE_ROW_VECTORS];
    int stripe = LANES == 16 ? vectors * LANES : STRIPE; // 16: takes a panel whole
    const float *weights = b->weights +
                           (size_t)(column / stripe * stripe) * (size_t)b->lines +
                           column % stripe;
    const float *start = b->start + column;
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            memcpy(&sum[r][v], start + (size_t)r * b->start_stride + v * LANES,
                   sizeof(vector));
    for (int k = 0; k < b->lines; k++) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            size_t line = (size_t)(v * LANES / stripe * b->lines + k);
            memcpy(&w[v], weights + line * (size_t)stripe + v * LANES % stripe,
                   sizeof(vector));
        }
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                sum[r][v] =
                    add_line(pairs, sum[r][v], b->x + (size_t)r * b->x_stride, k, w[v]);
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            memcpy(sums + r * MG_PANEL_COLUMNS + column + v * LANES, &sum[r][v],
                   sizeof(vector));
}

// As often so many vectors as there are columns for.  Returns the column after them.
TARGET static INLINE int
take_columns(int rows, int vectors, bool pairs, const struct mg_block *b, int column,
             float *sums)
{
    for (; column + vectors * LANES <= b->columns; column += vectors * LANES)
        multiply(rows, vectors, pairs, b, column, sums);
    return column;
}

// A whole panel takes the most vectors at a time; the last one may be narrower.
TARGET static INLINE void
all_columns(int rows, bool pairs, const struct mg_block *b, float *sums)
{
    int column =
        take_columns(rows, rows == 1 ? ONE_ROW_VECTORS : VECTORS, pairs, b, 0, sums);
    if (LANES == 16) {
        column = take_columns(rows, 3, pairs, b, column, sums);
        column = take_columns(rows, 2, pairs, b, column, sums);
    }
    take_columns(rows, 16 / LANES, pairs, b, column, sums);
}

TARGET static INLINE void
block_sums(bool pairs, const struct mg_block *b, float *sums)
{
    switch (b->rows) {
    case 1:
        all_columns(1, pairs, b, sums);
        break;
    case 2:
        all_columns(2, pairs, b, sums);
        break;
    case 3:
        all_columns(3, pairs, b, sums);
        break;
    case 4:
        all_columns(4, pairs, b, sums);
        break;
    case 5:
        all_columns(5, pairs, b, sums);
        break;
    default:
        all_columns(MG_BLOCK_ROWS, pairs, b, sums);
    }
}

TARGET static void
fp32_sums(const struct mg_block *block, float *sums)
{
    block_sums(false, block, sums);
}

TARGET static void
bf16_sums(const struct mg_block *block, float *sums)
{
    block_sums(true, block, sums);
}

TARGET static void
cells(int rows, int units, const float *sums, float *c, float *h, size_t stride)
{
    for (int r = 0; r < rows; r++)
        cell16(units, sums + r * MG_PANEL_COLUMNS, c + (size_t)r * stride,
               h + (size_t)r * stride);
}

static inline void
keep_inputs(int count, const float *values, void *inputs)
{
    memcpy(inputs, values, (size_t)count * sizeof *values);
}
