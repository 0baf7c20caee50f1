// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network in double precision, one number at a time.
#include "tests/reference.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/features.h"
#include "model/random.h"

enum { UNITS_MAX = 400 }; // of a test's layers

struct cell_state {
    double h[UNITS_MAX];
    double c[UNITS_MAX];
};

static int
plays(const struct mg_roll *roll, int note, int t)
{
    if (t < 0 || note < 0 || note >= roll->notes)
        return 0;
    return !!(mg_roll_row(roll, t)[note] & MG_CELL_PLAY);
}

static int
articulates(const struct mg_roll *roll, int note, int t)
{
    if (t < 0 || note < 0 || note >= roll->notes)
        return 0;
    return !!(mg_roll_row(roll, t)[note] & MG_CELL_ARTICULATE);
}

// Notes in common of two steps, of 65536.
static int
alike(const struct mg_roll *roll, int t, int u)
{
    int both = 0, either = 0;
    for (int n = 0; n < roll->notes; n++) {
        both += plays(roll, n, t) && plays(roll, n, u);
        either += plays(roll, n, t) || plays(roll, n, u);
    }
    return either ? both * 65536 / either : 0;
}

// What step t + 1 is recalled from, and how sure, 0..15: two levels halve what is lacking.
static int
recall(const struct mg_roll *roll, int t, int *level)
{
    int best = 0, distance = 0;
    for (int k = 4; k < 1024 && k <= t; k++) {
        int likeness = 0;
        for (int u = k; u <= t; u++)
            likeness += (alike(roll, u, u - k) - likeness) / 8;
        if (likeness > best) {
            best = likeness;
            distance = k;
        }
    }
    double halvings = log2(65536.0 / (65536 - best));
    *level = halvings < 7.5 ? (int)(2 * halvings) : 15;
    return distance ? t + 1 - distance : -1;
}

static void
recalled_features(const struct mg_roll *roll, int note, int t, double *out)
{
    int level, step = recall(roll, t, &level);
    out[80] = plays(roll, note, step);
    out[81] = articulates(roll, note, step);
    out[82] = level / 15.0;
    out[83] = out[80] * out[82];
    static const int AGO[] = {12, 16, 24, 32, 48, 64, 96, 128};
    for (int d = 0; d < 8; d++)
        out[84 + d] = plays(roll, note, t + 1 - AGO[d]);
}

void
mg_reference_features(int features, const struct mg_roll *roll, int note, int t,
                      double *out)
{
    int key = roll->lowest_note + note;
    memset(out, 0, (size_t)features * sizeof *out);
    if (features > 80)
        recalled_features(roll, note, t, out);
    out[0] = (key - 64) / 24.0;
    out[1 + key % 12] = 1;
    for (int o = -12; o <= 12; o++) {
        out[13 + 2 * (o + 12)] = plays(roll, note + o, t);
        out[13 + 2 * (o + 12) + 1] = articulates(roll, note + o, t);
    }
    for (int k = 0; k < 12; k++)
        for (int i = 0; i < roll->notes; i++)
            if ((roll->lowest_note + i) % 12 == (key + k) % 12)
                out[63 + k] += plays(roll, i, t);
    int beat = ((t % 16) + 16) % 16;
    for (int bit = 0; bit < 4; bit++)
        out[75 + bit] = beat & (1 << bit) ? 1 : -1;
}

static double
sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static void
begin(const struct mg_lstm *lstm, const double *w, struct cell_state *state)
{
    memcpy(state->h, w + lstm->h0, (size_t)lstm->units * sizeof(double));
    memcpy(state->c, w + lstm->c0, (size_t)lstm->units * sizeof(double));
}

static double
gate(const struct mg_lstm *lstm, const double *w, int which, int unit, const double *x,
     const double *h)
{
    size_t row = (size_t)which * (size_t)lstm->units + (size_t)unit;
    double sum = w[lstm->bias + row];
    for (int k = 0; k < lstm->inputs; k++)
        sum += w[lstm->weight_ih + row * (size_t)lstm->inputs + (size_t)k] * x[k];
    for (int k = 0; k < lstm->units; k++)
        sum += w[lstm->weight_hh + row * (size_t)lstm->units + (size_t)k] * h[k];
    return sum;
}

static void
advance(const struct mg_lstm *lstm, const double *w, const double *x,
        struct cell_state *state)
{
    struct cell_state next;
    assert(lstm->units <= UNITS_MAX && lstm->inputs <= UNITS_MAX + 25);
    for (int j = 0; j < lstm->units; j++) {
        double i = sigmoid(gate(lstm, w, 0, j, x, state->h));
        double f = sigmoid(gate(lstm, w, 1, j, x, state->h));
        double g = tanh(gate(lstm, w, 2, j, x, state->h));
        double o = sigmoid(gate(lstm, w, 3, j, x, state->h));
        next.c[j] = f * state->c[j] + i * g;
        next.h[j] = o * tanh(next.c[j]);
    }
    memcpy(state->h, next.h, (size_t)lstm->units * sizeof(double));
    memcpy(state->c, next.c, (size_t)lstm->units * sizeof(double));
}

// What a layer hands up: its h, masked in a training pass.
static void
hand_up(const struct mg_lstm *lstm, const struct cell_state *state, int row, int layer,
        const struct mg_dropout *dropout, uint32_t number, double *out)
{
    for (int j = 0; j < lstm->units; j++) {
        double mask = 1;
        if (dropout && dropout->rate > 0) {
            uint32_t at = (uint32_t)(row * lstm->units + j);
            struct mg_random r =
                mg_random_at(dropout->seed, MG_RANDOM_DROPOUT, dropout->update,
                             number << 8 | (uint32_t)layer, at / 4);
            mask = mg_random_unit(r.word[at % 4]) < dropout->rate
                       ? 0
                       : 1 / (1 - (double)dropout->rate);
        }
        out[j] = state->h[j] * mask;
    }
}

static double
nats(double p, int y)
{
    return -log(y ? p : 1 - p);
}

// What note n is told of the notes below: 2 values, or 25.
static void
fill_below(const struct mg_roll *roll, int t, int n, int count, double *out)
{
    memset(out, 0, (size_t)count * sizeof *out);
    out[0] = plays(roll, n - 1, t);
    out[1] = articulates(roll, n - 1, t);
    for (int distance = 1; count > 2 && distance <= n; distance++) {
        if (distance > 1 && distance <= 12)
            out[distance] = plays(roll, n - distance, t);
        out[13 + distance % 12] += plays(roll, n - distance, t);
    }
}

// All notes of step t, from what the time axis handed up.  Returns the loss of the
// step.
static double
run_notes(const struct mg_layout *layout, const double *w, const struct mg_roll *roll,
          int t, double (*heard)[UNITS_MAX], const struct mg_dropout *dropout,
          uint32_t number, double *out)
{
    int L = layout->shape.note_layers;
    struct cell_state *state = calloc((size_t)L, sizeof *state);
    double x[UNITS_MAX + 25], loss = 0;
    assert(state);
    for (int l = 0; l < L; l++)
        begin(&layout->note[l], w, &state[l]);
    for (int n = 0; n < roll->notes; n++) {
        int H = layout->time[layout->shape.time_layers - 1].units;
        memcpy(x, heard[n], (size_t)H * sizeof *x);
        fill_below(roll, t, n, layout->note[0].inputs - H, x + H);
        for (int l = 0; l < L; l++) {
            advance(&layout->note[l], w, x, &state[l]);
            hand_up(&layout->note[l], &state[l], t, MG_LAYERS_MAX + l, dropout, number,
                    x);
        }
        double p[2];
        for (int o = 0; o < 2; o++) {
            double z = w[layout->out_bias + (size_t)o];
            int units = layout->note[L - 1].units;
            for (int j = 0; j < units; j++)
                z += w[layout->out_weight + (size_t)(o * units + j)] * x[j];
            p[o] = sigmoid(z);
            if (out)
                out[2 * n + o] = p[o];
        }
        loss += nats(p[0], plays(roll, n, t));
        if (plays(roll, n, t))
            loss += nats(p[1], articulates(roll, n, t));
    }
    free(state);
    return loss;
}

double
mg_reference_run(const struct mg_layout *layout, const double *w,
                 const struct mg_roll *roll, const struct mg_dropout *dropout,
                 uint32_t number, double *out)
{
    int N = roll->notes, L = layout->shape.time_layers;
    struct cell_state *state = calloc((size_t)N * (size_t)L, sizeof *state);
    double(*heard)[UNITS_MAX] = calloc((size_t)N, sizeof *heard);
    double loss = 0;
    assert(state && heard && roll->lowest_note == layout->shape.lowest_note);
    for (int n = 0; n < N; n++)
        for (int l = 0; l < L; l++)
            begin(&layout->time[l], w, &state[n * L + l]);
    for (int t = 0; t < roll->steps; t++) {
        for (int n = 0; n < N; n++) {
            mg_reference_features(layout->time[0].inputs, roll, n, t - 1, heard[n]);
            for (int l = 0; l < L; l++) {
                advance(&layout->time[l], w, heard[n], &state[n * L + l]);
                hand_up(&layout->time[l], &state[n * L + l], n, l, dropout, number,
                        heard[n]);
            }
        }
        loss += run_notes(layout, w, roll, t, heard, dropout, number,
                          out ? out + t * N * 2 : NULL);
    }
    free(heard);
    free(state);
    return loss;
}
