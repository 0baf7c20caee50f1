// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The LSTM cells of one panel, in the vectors of a kernel (model/kernel_loops.h says
// what it must have defined).
//
// With I = e^-i, F = e^-f, G = e^-2g, O = e^-o, C = e^-2c' the cell of model/lstm.h is
//
//     c' = sigmoid(f) c + sigmoid(i) tanh(g) = c / (1 + F) + (1 - G) / ((1 + I) (1 + G))
//     h' = sigmoid(o) tanh(c')               = (1 - C) / ((1 + O) (1 + C))
//
// and with one denominator for both terms of c' it takes two divisions, where sigmoids
// and tanhs would take five.  No product of three overflows while every argument is
// kept within 29: e^87 is below the largest number, and sigmoid(-29) is 3e-13.

// e^-x, of x brought within 29 (NaN too): mg_exp() of model/activation.h in vectors,
// with fused products.  The integer n that rounding leaves in the low bits of `shifted`
// is added to the exponent.
TARGET static INLINE vector
exp_minus(vector x)
{
    const float round = 0x1.8p23f;
    vector y = between(-29.0f, 0.0f - x, 29.0f);
    vector shifted = fused(y, all(1.44269504f), all(round));
    vector n = shifted - round;
    vector r = fused(n, all(-0.693359375f), y);
    r = fused(n, all(2.12194440e-4f), r);
    vector p = all(1.9875691500e-4f);
    p = fused(p, r, all(1.3981999507e-3f));
    p = fused(p, r, all(8.3334519073e-3f));
    p = fused(p, r, all(4.1665795894e-2f));
    p = fused(p, r, all(1.6666665459e-1f));
    p = fused(p, r, all(5.0000001201e-1f));
    p = fused(p, r * r, r + 1.0f);
    return (vector)((words)p + ((words)shifted << 23));
}

// One vector of units: i, f, g, o their sums; c in place.  Returns h.
TARGET static INLINE vector
cell(vector i, vector f, vector g, vector o, vector *c)
{
    vector I = 1.0f + exp_minus(i), F = 1.0f + exp_minus(f);
    vector G = exp_minus(g + g), O = 1.0f + exp_minus(o);
    vector IG = I * (1.0f + G);
    vector after = fused(*c, IG, (1.0f - G) * F) / (F * IG);
    vector C = exp_minus(after + after);
    *c = after;
    return (1.0f - C) / (O * (1.0f + C));
}

// sums: i, f, g, o of 16 units, `units` values apart; c, h: (16).
TARGET static INLINE void
cell16(int units, const float *sums, float *c, float *h)
{
    for (int j = 0; j < MG_PANEL_UNITS; j += LANES) {
        vector gate[MG_GATES], memory, out;
        for (int g = 0; g < MG_GATES; g++)
            memcpy(&gate[g], sums + g * units + j, sizeof(vector));
        memcpy(&memory, c + j, sizeof(vector));
        out = cell(gate[0], gate[1], gate[2], gate[3], &memory);
        memcpy(c + j, &memory, sizeof(vector));
        memcpy(h + j, &out, sizeof(vector));
    }
}
