// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// LSTM cells from their sums, in the vectors of a kernel (model/kernel_loops.h says what
// it must have defined).
//
// With I = e^-i, F = e^-f, G = e^-g, O = e^-o, C = e^-c' the LSTM cell (Hochreiter and
// Schmidhuber 1997, with the forget gate of Gers et al. 2000) is
//
//     c' = sigmoid(f) c + sigmoid(i) tanh(g) = c / (1 + F) + (1 - GG) / ((1 + I) (1 + GG))
//     h' = sigmoid(o) tanh(c')               = (1 - CC) / ((1 + O) (1 + CC))
//
// and with one denominator for both terms of c' it takes two divisions, where sigmoids
// and tanhs would take five.  No denominator overflows while every argument is kept
// within 20: e^80 is below the largest number, and sigmoid(-20) is 2e-9.
//
// One cell is a long chain of operations that wait for each other.  So all exponentials
// of a block are taken first, then all c', then all h': there is always another one to
// work on.

// e^-x = 2^y, of x brought within 20 (NaN too).  Adding 1.5 * 2^23 rounds y to an integer
// n and leaves it in the low bits, from where it is added to the exponent of 2^(y - n).
// That is a polynomial of the least relative error in [-1/2, 1/2], 2e-7 with its rounding
// (and 1 at 0, so that tanh(0) = 0).
TARGET static INLINE vector
exp_minus(vector x)
{
    const float round = 0x1.8p23f;
    vector y = between(-28.9f, x * -1.44269504f, 28.9f);
    vector shifted = y + round;
    vector f = y - (shifted - round);
    vector p = all(1.32647273e-3f);
    p = fused(p, f, all(9.67151299e-3f));
    p = fused(p, f, all(5.55073358e-2f));
    p = fused(p, f, all(2.40222424e-1f));
    p = fused(p, f, all(6.93147004e-1f));
    p = fused(p, f, all(1.0f));
    return (vector)((words)p + ((words)shifted << 23));
}

TARGET static INLINE vector
load(const float *values)
{
    vector v;
    memcpy(&v, values, sizeof v);
    return v;
}

TARGET static INLINE void
store(vector v, float *values)
{
    memcpy(values, &v, sizeof v);
}

// c' from the exponentials of a vector of i, f and g, `units` values apart.
TARGET static INLINE vector
next_c(const float *e, int units, vector c)
{
    vector I = 1.0f + load(e), F = 1.0f + load(e + units), G = load(e + 2 * units);
    vector GG = G * G;
    vector IG = fused(I, GG, I);
    return fused(c, IG, (1.0f - GG) * F) / (F * IG);
}

// h' from the exponentials of a vector of o.
TARGET static INLINE vector
next_h(const float *e, vector c)
{
    vector O = 1.0f + load(e), C = exp_minus(c);
    vector CC = C * C;
    return (1.0f - CC) / fused(O, CC, O);
}

// The kernel's `cells`.
TARGET static void
cells(int count, int units, int last_units, float *sums, float *c, float *h,
      size_t stride)
{
    for (int j = 0; j < count * MG_PANEL_COLUMNS; j += LANES)
        store(exp_minus(load(sums + j)), sums + j);
    for (int n = 0; n < count; n++) {
        int u = n < count - 1 ? units : last_units;
        for (int j = 0; j < MG_PANEL_UNITS; j += LANES) {
            float *at = c + (size_t)n * stride + j;
            store(next_c(sums + n * MG_PANEL_COLUMNS + j, u, load(at)), at);
        }
    }
    for (int n = 0; n < count; n++) {
        int u = n < count - 1 ? units : last_units;
        for (int j = 0; j < MG_PANEL_UNITS; j += LANES) {
            size_t at = (size_t)n * stride + (size_t)j;
            store(next_h(sums + n * MG_PANEL_COLUMNS + 3 * u + j, load(c + at)),
                  h + at);
        }
    }
}
