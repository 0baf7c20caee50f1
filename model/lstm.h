// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The LSTM cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
// 2000) and its derivative, for the trainer, which needs the gates.  At play the kernels
// have it (model/cell16.h), with the sums still in the first cache.
#ifndef MG_MODEL_LSTM_H
#define MG_MODEL_LSTM_H

// Turns summed gate inputs into the next state of `rows` independent cells of H units:
// i, f, o = sigmoid, g = tanh; c' = f * c + i * g; h' = o * tanh(c').
// gates: (rows, 4H) in the order i, f, g, o: sums in, activations out (backward needs
// them); c_before, c, h: (rows, H); c may be c_before.  Any thread.  Never fails, never
// allocates.
void mg_lstm_cells(int rows, int H, float *gates, const float *c_before, float *c,
                   float *h);

// The twin: gates: (rows, 4H), activations in, derivatives by the sums out; c_before,
// c: (rows, H) as they were; dh: (rows, H), the loss by h'; dc: (rows, H), the loss by
// c' in (through the next step only), by c_before out.
void mg_lstm_cells_backward(int rows, int H, float *gates, const float *c_before,
                            const float *c, const float *dh, float *dc);

#endif
