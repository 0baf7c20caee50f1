// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One LSTM layer along a sequence, its products by OpenBLAS.
#include "trainer/sequence.h"

#include <cblas.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/lstm.h"

int
mg_sequence_init(struct mg_sequence *sequence, const struct mg_lstm *lstm, int S, int R)
{
    size_t values = (size_t)R * (size_t)lstm->units;
    sequence->gates = malloc((size_t)S * 4 * values * sizeof(float));
    sequence->h = malloc((size_t)(S + 1) * values * sizeof(float));
    sequence->c = malloc((size_t)(S + 1) * values * sizeof(float));
    return sequence->gates && sequence->h && sequence->c ? 0 : -ENOMEM;
}

void
mg_sequence_finish(struct mg_sequence *sequence)
{
    free(sequence->gates);
    free(sequence->h);
    free(sequence->c);
    *sequence = (struct mg_sequence){0};
}

// rows copies of one row of `width` values.
static void
repeat(float *out, const float *row, int rows, size_t width)
{
    for (int r = 0; r < rows; r++)
        memcpy(out + (size_t)r * width, row, width * sizeof(float));
}

void
mg_sequence_begin(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                  const float *weights, int R)
{
    repeat(sequence->h, weights + lstm->h0, R, (size_t)lstm->units);
    repeat(sequence->c, weights + lstm->c0, R, (size_t)lstm->units);
}

void
mg_sequence_carry(struct mg_sequence *sequence, const struct mg_lstm *lstm, int S,
                  int R)
{
    size_t values = (size_t)R * (size_t)lstm->units;
    memcpy(sequence->h, sequence->h + (size_t)S * values, values * sizeof(float));
    memcpy(sequence->c, sequence->c + (size_t)S * values, values * sizeof(float));
}

// y (rows, out) += x (rows, in) * w (out, in)^T
static void
product_add(int rows, int out, int in, const float *x, const float *w, float *y)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, out, in, 1.0f, x, in, w,
                in, 1.0f, y, out);
}

// dx (rows, in) = dy (rows, out) * w (out, in)
static void
product_back(int rows, int out, int in, const float *dy, const float *w, float *dx)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, in, out, 1.0f, dy, out,
                w, in, 0.0f, dx, in);
}

// dw (out, in) += dy (rows, out)^T * x (rows, in)
static void
product_gradient(int rows, int out, int in, const float *dy, const float *x, float *dw)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, rows, 1.0f, dy, out,
                x, in, 1.0f, dw, in);
}

// sum (width) += the rows of x (rows, width).
static void
sum_rows(int rows, int width, const float *x, float *sum)
{
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < width; j++)
            sum[j] += x[(size_t)r * (size_t)width + (size_t)j];
}

void
mg_sequence_forward(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                    const float *weights, int S, int R, const float *x)
{
    int H = lstm->units, in = lstm->inputs;
    size_t values = (size_t)R * (size_t)H;
    for (int s = 0; s < S; s++) {
        float *gates = sequence->gates + (size_t)s * 4 * values;
        float *h = sequence->h + (size_t)s * values;
        float *c = sequence->c + (size_t)s * values;
        repeat(gates, weights + lstm->bias, R, 4 * (size_t)H);
        product_add(R, 4 * H, in, x + (size_t)s * (size_t)R * (size_t)in,
                    weights + lstm->weight_ih, gates);
        product_add(R, 4 * H, H, h, weights + lstm->weight_hh, gates);
        mg_lstm_cells(R, H, gates, c, c + values, h + values);
    }
}

void
mg_sequence_backward(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                     const float *weights, int S, int R, const float *x, float *dh,
                     float *dx, float *gradient, float *scratch)
{
    int H = lstm->units, in = lstm->inputs;
    size_t values = (size_t)R * (size_t)H;
    float *dc = scratch; // by c of the place above
    memset(dc, 0, values * sizeof(float));
    for (int s = S - 1; s >= 0; s--) {
        float *gates = sequence->gates + (size_t)s * 4 * values;
        const float *c = sequence->c + (size_t)s * values;
        mg_lstm_cells_backward(R, H, gates, c, c + values, dh + (size_t)s * values, dc);
        if (dx)
            product_back(R, 4 * H, in, gates, weights + lstm->weight_ih,
                         dx + (size_t)s * (size_t)R * (size_t)in);
        if (s > 0)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, R, H, 4 * H, 1.0f,
                        gates, 4 * H, weights + lstm->weight_hh, H, 1.0f,
                        dh + (size_t)(s - 1) * values, H);
    }
    product_gradient(S * R, 4 * H, in, sequence->gates, x, gradient + lstm->weight_ih);
    product_gradient(S * R, 4 * H, H, sequence->gates, sequence->h,
                     gradient + lstm->weight_hh);
    sum_rows(S * R, 4 * H, sequence->gates, gradient + lstm->bias);
    sum_rows(R, H, dc, gradient + lstm->c0);
    product_back(R, 4 * H, H, sequence->gates, weights + lstm->weight_hh, dc);
    sum_rows(R, H, dc, gradient + lstm->h0);
}
