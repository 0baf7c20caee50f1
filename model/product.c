// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Blocks of rows against one panel at a time, so that a panel is read from the first
// cache for every block but the first.
#include "model/product.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/zeros.h"

enum { LINE_WORDS = 16 };

int
mg_product_init(struct mg_product *product, const struct mg_kernel *kernel, int rows,
                int units, const struct mg_gate_weights *a,
                const struct mg_gate_weights *b)
{
    enum mg_panel_words held = mg_kernel_words(kernel);
    if (rows > 1 && kernel->of_blocks) {
        kernel = kernel->of_blocks;
        held = MG_PANEL_ROUNDED;
    }
    *product = (struct mg_product){.kernel = kernel};
    if (mg_panels_init(&product->panels, units, held, kernel->stripe, a, b))
        return -ENOMEM;
    // One more than K: the second of a last pair.
    size_t words = (size_t)product->panels.inputs / LINE_WORDS + 1;
    product->input_stride = words * LINE_WORDS;
    product->inputs = mg_zeros((size_t)rows, product->input_stride);
    return product->inputs ? 0 : -ENOMEM;
}

void
mg_product_finish(struct mg_product *product)
{
    free(product->inputs);
    mg_panels_finish(&product->panels);
    *product = (struct mg_product){0};
}

void
mg_product_take(const struct mg_product *product, int row, int first_input, int count,
                const float *values)
{
    uint8_t *inputs =
        (uint8_t *)(product->inputs + (size_t)row * product->input_stride);
    product->kernel->round(
        count, values, inputs + (size_t)(first_input * product->kernel->input_bytes));
}

int
mg_product_block_rows(int row, int end)
{
    int left = end - row, blocks = (left + MG_BLOCK_ROWS - 1) / MG_BLOCK_ROWS;
    return (left + blocks - 1) / blocks;
}

void
mg_product_block(const struct mg_product *product, int p, int row, int rows,
                 const float *start, size_t start_stride, float *sums)
{
    struct mg_block block = {
        .rows = rows,
        .columns = mg_panels_columns(&product->panels, p),
        .lines = product->panels.lines,
        .x = product->inputs + (size_t)row * product->input_stride,
        .x_stride = product->input_stride,
        .weights = mg_panels_at(&product->panels, p),
        .start = start,
        .start_stride = start_stride,
    };
    product->kernel->sums(&block, sums);
}

void
mg_product_row(const struct mg_product *product, int row, const float *start,
               float *sums)
{
    struct mg_block block = {
        .rows = 1,
        .columns = product->panels.width,
        .lines = product->panels.lines,
        .x = product->inputs + (size_t)row * product->input_stride,
        .weights = product->panels.weights,
        .start = start,
    };
    product->kernel->sums(&block, sums);
}

void
mg_product_run(const struct mg_product *product, int first, int end, const float *start,
               float *out)
{
    const struct mg_panels *panels = &product->panels;
    float sums[MG_BLOCK_ROWS * MG_PANEL_COLUMNS];
    for (int p = 0; p < panels->count; p++)
        for (int row = first, rows; row < end; row += rows) {
            rows = mg_product_block_rows(row, end);
            mg_product_block(product, p, row, rows, start + p * MG_PANEL_COLUMNS, 0,
                             sums);
            for (int r = 0; r < rows; r++)
                memcpy(out + (size_t)(row + r) * (size_t)panels->width +
                           p * MG_PANEL_COLUMNS,
                       sums + r * MG_PANEL_COLUMNS,
                       (size_t)mg_panels_columns(panels, p) * sizeof *out);
        }
}
