// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Place by place: products in blocks of rows, cells while their sums are in the cache.
#include "trainer/sequence.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/product.h"
#include "model/zeros.h"

#include "trainer/pages.h"

// Rows of a chunk of the weight gradient: enough that its sums, which are read and written
// for each, do not count; few enough that they stay in the second cache.
enum { CHUNK_ROWS = 400, LINE_WORDS = 16 };

static int
panels_of(const struct mg_lstm *lstm)
{
    return (lstm->units + MG_PANEL_UNITS - 1) / MG_PANEL_UNITS;
}

static int
units_of(const struct mg_lstm *lstm, int p)
{
    int left = lstm->units - p * MG_PANEL_UNITS;
    return left < MG_PANEL_UNITS ? left : MG_PANEL_UNITS;
}

// K
static int
inputs_of(const struct mg_lstm *lstm)
{
    return lstm->inputs + lstm->units + 1;
}

// Input k of a row.
static void *
input_at(const struct mg_sequence *q, float *row, int k)
{
    return (uint8_t *)row + k * q->kernel->input_bytes;
}

static void
set_ones(struct mg_sequence *q)
{
    const float one = 1.0f;
    size_t rows = (size_t)(q->max_places + 1) * (size_t)q->max_rows;
    for (size_t r = 0; r < rows; r++)
        q->kernel->round(1, &one,
                         input_at(q, q->inputs + r * q->row_words,
                                  q->lstm->inputs + q->lstm->units));
}

int
mg_sequence_init(struct mg_sequence *q, const struct mg_lstm *lstm,
                 const struct mg_kernel *kernel, int S, int R)
{
    *q = (struct mg_sequence){
        .lstm = lstm, .kernel = kernel, .max_places = S, .max_rows = R};
    size_t panels = (size_t)panels_of(lstm), rows = (size_t)R;
    size_t all = (size_t)(S + 1) * rows, K = (size_t)inputs_of(lstm);
    q->stride = panels * MG_PANEL_UNITS;
    size_t words = (K * (size_t)kernel->input_bytes + 3) / 4;
    q->row_words = (words + LINE_WORDS - 1) / LINE_WORDS * LINE_WORDS;
    q->chunk = R < CHUNK_ROWS ? CHUNK_ROWS / R : 1;
    q->inputs = mg_pages(all, q->row_words);
    q->gates = mg_pages(panels * (size_t)S * rows, MG_PANEL_COLUMNS);
    q->c = mg_pages(all, q->stride);
    q->h = mg_zeros(rows, q->stride);
    q->by_c = mg_zeros(rows, q->stride);
    q->by_sums = mg_zeros(rows, panels * MG_PANEL_COLUMNS);
    q->by_inputs = mg_zeros(rows, (K + LINE_WORDS) / LINE_WORDS * LINE_WORDS);
    q->initial = mg_zeros(2, (size_t)lstm->units);
    if (mg_weight_gradient_init(&q->gradient, kernel, (int)K, (int)panels,
                                q->chunk * R) ||
        !q->inputs || !q->gates || !q->c || !q->h || !q->by_c || !q->by_sums ||
        !q->by_inputs || !q->initial)
        return -ENOMEM;
    set_ones(q);
    return 0;
}

void
mg_sequence_finish(struct mg_sequence *q)
{
    mg_weight_gradient_finish(&q->gradient);
    free(q->initial);
    free(q->by_inputs);
    free(q->by_sums);
    free(q->by_c);
    free(q->h);
    free(q->c);
    free(q->gates);
    free(q->inputs);
    *q = (struct mg_sequence){0};
}

struct mg_rows
mg_sequence_inputs(const struct mg_sequence *q, int R)
{
    return (struct mg_rows){q->inputs, (size_t)R * q->row_words, q->row_words};
}

static float *
row_at(struct mg_rows rows, int s, int r)
{
    return rows.values + (size_t)s * rows.place + (size_t)r * rows.row;
}

// Takes h of a row as input of a place.
static void
take_h(const struct mg_sequence *q, int s, int r, int R, const float *h)
{
    float *row = row_at(mg_sequence_inputs(q, R), s, r);
    q->kernel->round(q->lstm->units, h, input_at(q, row, q->lstm->inputs));
}

void
mg_sequence_begin(struct mg_sequence *q, const float *weights, int R)
{
    size_t bytes = (size_t)q->lstm->units * sizeof(float);
    for (int r = 0; r < R; r++) {
        take_h(q, 0, r, R, weights + q->lstm->h0);
        memcpy(q->c + (size_t)r * q->stride, weights + q->lstm->c0, bytes);
    }
}

void
mg_sequence_carry(struct mg_sequence *q, int S, int R)
{
    size_t values = (size_t)R * q->stride;
    memcpy(q->c, q->c + (size_t)S * values, values * sizeof(float));
    for (int r = 0; r < R; r++)
        take_h(q, 0, r, R, q->h + (size_t)r * q->stride);
}

// The gates of a panel at a place, (R, MG_PANEL_COLUMNS).  One panel's stand together for
// all places, so that they are lines of the weight gradient's products.
static float *
gates_at(const struct mg_sequence *q, int S, int R, int p, int s)
{
    return q->gates +
           ((size_t)p * (size_t)S + (size_t)s) * (size_t)R * MG_PANEL_COLUMNS;
}

// Sums and cells of panel p at place s.
static void
step_panel(struct mg_sequence *q, const struct mg_packed_layer *packed, int S, int R,
           int s, int p, const float *start, size_t start_stride)
{
    const struct mg_panels *panels = &packed->panels;
    int first = packed->heard ? q->lstm->inputs : 0; // of the inputs multiplied
    struct mg_rows inputs = mg_sequence_inputs(q, R);
    float *sums = gates_at(q, S, R, p, s);
    size_t at = (size_t)s * (size_t)R * q->stride + (size_t)(p * MG_PANEL_UNITS);
    size_t place = (size_t)R * q->stride;
    struct mg_block block = {
        .columns = mg_panels_columns(panels, p),
        .lines = panels->lines,
        .x_stride = q->row_words,
        .weights = mg_panels_at(panels, p),
        .start_stride = start_stride,
    };
    for (int r = 0; r < R; r += block.rows) {
        block.rows = mg_product_block_rows(r, R);
        block.x = input_at(q, row_at(inputs, s, r), first);
        block.start = start + (size_t)r * start_stride;
        float *block_sums = sums + r * MG_PANEL_COLUMNS;
        q->kernel->sums(&block, block_sums);
        size_t row = (size_t)r * q->stride;
        q->kernel->cells_up(block.rows, mg_panels_units(panels, p), block_sums,
                            q->c + at + row, q->c + place + at + row,
                            q->h + (size_t)(p * MG_PANEL_UNITS) + row, q->stride);
    }
}

// h of place s goes to the next place and up.
static void
hand_on(struct mg_sequence *q, int s, int R, const float *mask, struct mg_rows up,
        mg_round *round)
{
    int H = q->lstm->units;
    for (int r = 0; r < R; r++) {
        float *h = q->h + (size_t)r * q->stride;
        take_h(q, s + 1, r, R, h);
        if (mask) {
            float *masked = q->by_c; // not in use on the way forward
            for (int j = 0; j < H; j++)
                masked[j] = h[j] * mask[(size_t)r * (size_t)H + (size_t)j];
            h = masked;
        }
        round(H, h, row_at(up, s, r));
    }
}

void
mg_sequence_forward(struct mg_sequence *q, const struct mg_packed_layer *packed, int S,
                    int R, struct mg_heard *heard, const float *mask, struct mg_rows up,
                    mg_round *round)
{
    for (int s = 0; s < S; s++) {
        int beat = heard ? mg_beat_of(heard->start + s - 1) : 0;
        if (heard)
            mg_hearing_listen(&heard->hearing, heard->cells + (size_t)s * (size_t)R, 0,
                              R);
        for (int p = 0; p < packed->panels.count; p++) {
            if (heard)
                mg_hearing_sums(&heard->hearing, q->kernel, beat, p, 0, R, heard->sums);
            step_panel(q, packed, S, R, s, p,
                       heard ? heard->sums : packed->bias + p * MG_PANEL_COLUMNS,
                       heard ? MG_PANEL_COLUMNS : 0);
        }
        hand_on(q, s, R, mask, up, round);
    }
}

// by_sums (R, G), rounded, from the derivatives of place s.
static void
gather_by_sums(struct mg_sequence *q, const struct mg_panels *panels, int S, int R,
               int s)
{
    size_t G = (size_t)panels->width;
    for (int p = 0; p < panels->count; p++) {
        const float *from = gates_at(q, S, R, p, s);
        int columns = mg_panels_columns(panels, p);
        for (int r = 0; r < R; r++)
            q->kernel->round(columns, from + r * MG_PANEL_COLUMNS,
                             (uint8_t *)q->by_sums +
                                 ((size_t)r * G + (size_t)(p * MG_PANEL_COLUMNS)) *
                                     (size_t)q->kernel->input_bytes);
    }
}

// by_inputs (R, back_columns) = by_sums * weights.
static void
multiply_back(struct mg_sequence *q, const struct mg_packed_layer *packed, int R)
{
    static const float NONE[MG_PANEL_COLUMNS];
    float sums[MG_BLOCK_ROWS * MG_PANEL_COLUMNS];
    size_t words = (size_t)packed->panels.width * (size_t)q->kernel->input_bytes / 4;
    size_t out_stride = (size_t)packed->back_columns;
    struct mg_block block = {.lines = (int)words, .x_stride = words, .start = NONE};
    for (int k = 0; k < packed->back_columns; k += MG_PANEL_COLUMNS) {
        int left = packed->back_columns - k;
        block.columns = left < MG_PANEL_COLUMNS ? left : MG_PANEL_COLUMNS;
        block.weights = packed->back + (size_t)k * words;
        for (int r = 0; r < R; r += block.rows) {
            block.rows = mg_product_block_rows(r, R);
            block.x = q->by_sums + (size_t)r * words;
            q->kernel->sums(&block, sums);
            for (int i = 0; i < block.rows; i++)
                memcpy(q->by_inputs + (size_t)(r + i) * out_stride + k,
                       sums + i * MG_PANEL_COLUMNS,
                       (size_t)block.columns * sizeof *sums);
        }
    }
}

// The loss by h of place s: what comes from above, and from the next place (recurrent:
// stride apart, or NULL at the last).
static void
sum_by_h(struct mg_sequence *q, int s, int R, struct mg_rows above, const float *mask,
         const float *recurrent, size_t recurrent_stride)
{
    int H = q->lstm->units;
    for (int r = 0; r < R; r++) {
        const float *from = row_at(above, s, r);
        float *by_h = q->h + (size_t)r * q->stride;
        if (mask)
            for (int j = 0; j < H; j++)
                by_h[j] = from[j] * mask[(size_t)r * (size_t)H + (size_t)j];
        else
            memcpy(by_h, from, (size_t)H * sizeof *by_h);
        if (recurrent)
            for (int j = 0; j < H; j++)
                by_h[j] += recurrent[(size_t)r * recurrent_stride + (size_t)j];
    }
}

static void
cells_back(struct mg_sequence *q, const struct mg_panels *panels, int S, int R, int s)
{
    size_t place = (size_t)R * q->stride;
    for (int p = 0; p < panels->count; p++) {
        size_t unit = (size_t)p * MG_PANEL_UNITS;
        const float *c = q->c + (size_t)s * place + unit;
        q->kernel->cells_down(R, mg_panels_units(panels, p), gates_at(q, S, R, p, s), c,
                              c + place, q->h + unit, q->by_c + unit, q->stride);
    }
}

static void
add_weight_gradient(struct mg_sequence *q, const struct mg_panels *panels, int S, int R,
                    int first, int places)
{
    int rows = places * R;
    mg_weight_gradient_take(&q->gradient, rows,
                            row_at(mg_sequence_inputs(q, R), first, 0), q->row_words);
    for (int p = 0; p < panels->count; p++)
        mg_weight_gradient_add(&q->gradient, rows, p, mg_panels_columns(panels, p),
                               gates_at(q, S, R, p, first));
}

// sum (width) += rows of x, `stride` apart.
static void
sum_rows(int rows, int width, const float *x, size_t stride, float *sum)
{
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < width; j++)
            sum[j] += x[(size_t)r * stride + (size_t)j];
}

void
mg_sequence_backward(struct mg_sequence *q, const struct mg_packed_layer *packed, int S,
                     int R, struct mg_rows above, const float *mask, float *below)
{
    int H = q->lstm->units, in = packed->heard ? 0 : q->lstm->inputs;
    const struct mg_panels *panels = &packed->panels;
    size_t stride = (size_t)packed->back_columns;
    const float *recurrent = NULL; // the loss by h through the next place
    assert(S > 0);
    memset(q->by_c, 0, (size_t)R * q->stride * sizeof(float));
    for (int s = S - 1; s >= 0; s--) {
        sum_by_h(q, s, R, above, mask, recurrent, stride);
        cells_back(q, panels, S, R, s);
        gather_by_sums(q, panels, S, R, s);
        multiply_back(q, packed, R);
        recurrent = q->by_inputs + in;
        for (int r = 0; r < R && in; r++)
            memcpy(below + ((size_t)s * (size_t)R + (size_t)r) * (size_t)in,
                   q->by_inputs + (size_t)r * stride, (size_t)in * sizeof *below);
        if (s % q->chunk == 0)
            add_weight_gradient(q, panels, S, R, s,
                                s + q->chunk < S ? q->chunk : S - s);
    }
    sum_rows(R, H, recurrent, stride, q->initial);
    sum_rows(R, H, q->by_c, q->stride, q->initial + H);
}

// The gradient of a layer's weights, column by column of what it was summed as.
static void
give_panel(const struct mg_sequence *q, int p, float *gradient)
{
    const struct mg_lstm *lstm = q->lstm;
    int H = lstm->units, in = lstm->inputs, units = units_of(lstm, p);
    const float *sums =
        q->gradient.sums + (size_t)p * (size_t)inputs_of(lstm) * MG_PANEL_COLUMNS;
    for (int column = 0; column < MG_GATES * units; column++) {
        int unit = p * MG_PANEL_UNITS + column % units;
        size_t gate = (size_t)(column / units) * (size_t)H + (size_t)unit;
        float *by_x = gradient + lstm->weight_ih + gate * (size_t)in;
        float *by_h = gradient + lstm->weight_hh + gate * (size_t)H;
        const float *from = sums + column;
        for (int k = 0; k < in; k++, from += MG_PANEL_COLUMNS)
            by_x[k] += *from;
        for (int k = 0; k < H; k++, from += MG_PANEL_COLUMNS)
            by_h[k] += *from;
        gradient[lstm->bias + gate] += *from;
    }
}

void
mg_sequence_give_gradient(struct mg_sequence *q, float *gradient)
{
    int H = q->lstm->units;
    for (int p = 0; p < panels_of(q->lstm); p++)
        give_panel(q, p, gradient);
    for (int j = 0; j < H; j++) {
        gradient[q->lstm->h0 + (size_t)j] += q->initial[j];
        gradient[q->lstm->c0 + (size_t)j] += q->initial[H + j];
    }
    memset(q->gradient.sums, 0,
           (size_t)panels_of(q->lstm) * (size_t)inputs_of(q->lstm) * MG_PANEL_COLUMNS *
               sizeof(float));
    memset(q->initial, 0, 2 * (size_t)H * sizeof(float));
}
