// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The LSTM cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
// 2000) and its derivative, for the trainer, which needs the gates.  At play the kernels
// have it (model/cell16.h).
//
// The functions take the cells of one panel (model/panels.h): up to MG_PANEL_UNITS units
// of some rows.  gates: (rows, MG_PANEL_COLUMNS), i, f, g and o `units` values apart; c,
// h and the losses by them: 16 values of each row, `stride` apart, of which `units` count.
// Any thread.  Never fail, never allocate.
#ifndef MG_TRAINER_CELLS_H
#define MG_TRAINER_CELLS_H

#include <stddef.h>

// i, f, o = sigmoid, g = tanh; c = f * c_before + i * g; h = o * tanh(c).
// gates: sums in, activations out.
void mg_cells_forward(int rows, int units, float *gates, const float *c_before,
                      float *c, float *h, size_t stride);

// The twin.  gates: activations in, derivatives by the sums out; by_h: the loss by h;
// by_c: the loss by c in (through the next place only), by c_before out.
void mg_cells_backward(int rows, int units, float *gates, const float *c_before,
                       const float *c, const float *by_h, float *by_c, size_t stride);

#endif
