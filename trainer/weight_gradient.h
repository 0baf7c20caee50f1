// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The largest product of training: the gradient of a layer's weights, the sum over all
// places and rows of inputs times derivatives.
//
// As a product of matrices it is (K, rows) * (rows, G), and all of the result changes with
// each row.  So it is done for a chunk of rows at a time, packed to be read as the kernels
// like it: 6 inputs against 64 columns, whose sums stay in registers for the whole chunk.
#ifndef MG_TRAINER_WEIGHT_GRADIENT_H
#define MG_TRAINER_WEIGHT_GRADIENT_H

#include <stdint.h>

#include "model/kernel.h"

// A gradient of (K, panels * MG_PANEL_COLUMNS) in the making.
struct mg_weight_gradient {
    const struct mg_kernel *kernel;
    int inputs;           // K
    int rows;             // of a chunk at the most
    float *sums;          // (panels, K, MG_PANEL_COLUMNS): the gradient so far, owned
    float *inputs_packed; // (K / MG_BLOCK_ROWS, lines, MG_BLOCK_ROWS), owned
    float *panel;         // (lines, MG_PANEL_COLUMNS), owned
    uint16_t *none;       // (K) zeros: the second row of a pair that has none, owned
};

// Of panels * MG_PANEL_COLUMNS columns; 0 so far.  kernel: one with sums_across.  Returns
// 0 or -ENOMEM.
int mg_weight_gradient_init(struct mg_weight_gradient *gradient,
                            const struct mg_kernel *kernel, int inputs, int panels,
                            int rows);
void mg_weight_gradient_finish(struct mg_weight_gradient *gradient);

// A chunk in two parts: its inputs, (rows, stride words) as the kernel rounds them, and
// then for each panel its derivatives, (rows, MG_PANEL_COLUMNS), of which `columns` (a
// multiple of 16) count.
void mg_weight_gradient_take(struct mg_weight_gradient *gradient, int rows,
                             const float *inputs, size_t stride);
void mg_weight_gradient_add(struct mg_weight_gradient *gradient, int rows, int p,
                            int columns, const float *derivatives);

#endif
