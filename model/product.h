// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Matrix product of the engine: sums run over k in rising order, whatever the machine,
// so that the same seed gives the same bytes everywhere (a BLAS chooses its order by
// CPU).
#ifndef MG_MODEL_PRODUCT_H
#define MG_MODEL_PRODUCT_H

#include <stddef.h>

// A weight matrix (rows out, cols in) packed into panels of MG_PANEL outputs: panel p
// holds for each k the weights of outputs p * MG_PANEL .. + MG_PANEL - 1, zeros past
// the last.
struct mg_packed {
    int outputs;
    int inputs;
    float *panels; // (panels, inputs, MG_PANEL), 64-byte aligned, owned
};

enum { MG_PANEL = 16 };

// Packs columns first .. first + inputs - 1 of weight: (outputs, stride).  0 or
// -ENOMEM.
int mg_packed_init(struct mg_packed *packed, const float *weight, int outputs,
                   int stride, int first, int inputs);
void mg_packed_finish(struct mg_packed *packed);

// y += x * weight^T.  x: (rows, inputs) with x_stride values from row to row; y: (rows,
// outputs) with y_stride.  Any thread.  Never fails, never allocates.
void mg_product_add(const struct mg_packed *weight, int rows, const float *x,
                    int x_stride, float *y, int y_stride);

#endif
