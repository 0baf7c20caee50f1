// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The matrix product of the step: rows of inputs against packed weights, block by block.
#ifndef MG_MODEL_PRODUCT_H
#define MG_MODEL_PRODUCT_H

#include "model/kernel.h"
#include "model/panels.h"

struct mg_product {
    const struct mg_kernel *kernel;
    struct mg_panels panels;
    float *inputs;       // (rows, input_stride) words, as the kernel rounds them; owned
    size_t input_stride; // room for K values, zeros after them
};

// Of `rows` rows.  a, b: the weights, as in mg_panels_init().  Returns 0 or -ENOMEM.
int mg_product_init(struct mg_product *product, const struct mg_kernel *kernel,
                    int rows, int units, const struct mg_gate_weights *a,
                    const struct mg_gate_weights *b);

// Takes a zeroed struct.
void mg_product_finish(struct mg_product *product);

// The functions below work on rows of their own on any thread, and never fail.

// Takes the inputs first_input .. + count - 1 of one row.
void mg_product_take(const struct mg_product *product, int row, int first_input,
                     int count, const float *values);

// How many of the rows row .. end - 1 the next block takes: blocks of nearly the same
// size, because a small one takes no less time.
int mg_product_block_rows(int row, int end);

// The sums of panel p for `rows` rows (a block's) from `row` on.  start: what their
// sums begin with, start_stride apart; 0: one for all.  sums: (rows,
// MG_PANEL_COLUMNS).
void mg_product_block(const struct mg_product *product, int p, int row, int rows,
                      const float *start, size_t start_stride, float *sums);

// The sums of one row with all panels.  start, sums: (width).
void mg_product_row(const struct mg_product *product, int row, const float *start,
                    float *sums);

// All sums of the rows first .. end - 1.  start: (width), one for all; out: (rows,
// width).
void mg_product_run(const struct mg_product *product, int first, int end,
                    const float *start, float *out);

#endif
