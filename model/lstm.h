// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The LSTM cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
// 2000), the one place of its formula; the engine and the trainer both call it.
#ifndef MG_MODEL_LSTM_H
#define MG_MODEL_LSTM_H

// Turns summed gate inputs into the next state of `rows` independent cells of H units:
// i, f, o = sigmoid, g = tanh; c' = f * c + i * g; h' = o * tanh(c').
// gates: (rows, 4H) in the order i, f, g, o: sums in, activations out (backward needs
// them); c_before, c, h: (rows, H); c may be c_before.  Any thread.  Never fails, never
// allocates.
void mg_lstm_cells(int rows, int H, float *gates, const float *c_before, float *c,
                   float *h);

#endif
