// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// LSTM cells for the trainer, in the vectors of a kernel: forward with the gates kept, and
// their derivative.  Formulas and bounds are those of model/cell16.h.

// The gates of one row, 16 values apart: where they stand, or copied to `room` if the
// panel has fewer units.
TARGET static INLINE float *
spread_gates(int units, float *row, float *room)
{
    if (units == MG_PANEL_UNITS)
        return row;
    for (int gate = 0; gate < MG_GATES; gate++)
        memcpy(room + gate * MG_PANEL_UNITS, row + gate * units,
               (size_t)units * sizeof *row);
    return room;
}

TARGET static INLINE void
gather_gates(int units, const float *gates, float *row)
{
    if (gates == row)
        return;
    for (int gate = 0; gate < MG_GATES; gate++)
        memcpy(row + gate * units, gates + gate * MG_PANEL_UNITS,
               (size_t)units * sizeof *row);
}

// One vector of cells.  Two gates share a division each: 1 / I = F / (I F).
TARGET static INLINE void
cell_up(float *a, const float *c_before, float *c, float *h)
{
    vector I = 1.0f + exp_minus(load(a));
    vector F = 1.0f + exp_minus(load(a + MG_PANEL_UNITS));
    vector G = exp_minus(load(a + 2 * MG_PANEL_UNITS));
    vector O = 1.0f + exp_minus(load(a + 3 * MG_PANEL_UNITS));
    vector GG = 1.0f + G * G;
    vector by_if = 1.0f / (I * F), by_og = 1.0f / (O * GG);
    vector i = by_if * F, f = by_if * I, o = by_og * GG, g = (2.0f - GG) * (by_og * O);
    vector after = fused(f, load(c_before), i * g);
    vector C = exp_minus(after);
    vector CC = C * C;
    store(i, a);
    store(f, a + MG_PANEL_UNITS);
    store(g, a + 2 * MG_PANEL_UNITS);
    store(o, a + 3 * MG_PANEL_UNITS);
    store(after, c);
    store(o * ((1.0f - CC) / (1.0f + CC)), h);
}

// With d the loss by c: through h = o tanh(c), and through the place above.
TARGET static INLINE void
cell_down(float *a, const float *c_before, const float *c, const float *by_h,
          float *by_c)
{
    vector i = load(a), f = load(a + MG_PANEL_UNITS), g = load(a + 2 * MG_PANEL_UNITS);
    vector o = load(a + 3 * MG_PANEL_UNITS), up = load(by_h), C = exp_minus(load(c));
    vector CC = C * C, squashed = (1.0f - CC) / (1.0f + CC);
    vector d = fused(up * o, 1.0f - squashed * squashed, load(by_c));
    store(d * f, by_c);
    store(d * g * i * (1.0f - i), a);
    store(d * load(c_before) * f * (1.0f - f), a + MG_PANEL_UNITS);
    store(d * i * (1.0f - g * g), a + 2 * MG_PANEL_UNITS);
    store(up * squashed * o * (1.0f - o), a + 3 * MG_PANEL_UNITS);
}

// The kernel's `cells_up`.
TARGET static void
cells_up(int rows, int units, float *gates, const float *c_before, float *c, float *h,
         size_t stride)
{
    float room[MG_PANEL_COLUMNS] = {0};
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * stride;
        float *row = gates + r * MG_PANEL_COLUMNS;
        float *a = spread_gates(units, row, room);
        for (int j = 0; j < MG_PANEL_UNITS; j += LANES)
            cell_up(a + j, c_before + at + j, c + at + j, h + at + j);
        gather_gates(units, a, row);
    }
}

// The kernel's `cells_down`.
TARGET static void
cells_down(int rows, int units, float *gates, const float *c_before, const float *c,
           const float *by_h, float *by_c, size_t stride)
{
    float room[MG_PANEL_COLUMNS] = {0};
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * stride;
        float *row = gates + r * MG_PANEL_COLUMNS;
        float *a = spread_gates(units, row, room);
        for (int j = 0; j < MG_PANEL_UNITS; j += LANES)
            cell_down(a + j, c_before + at + j, c + at + j, by_h + at + j,
                      by_c + at + j);
        gather_gates(units, a, row);
    }
}
