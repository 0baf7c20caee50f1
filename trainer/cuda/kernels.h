// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The kernels of the training on a GPU, and what each is to do.
//
// A matrix of values is (rows, width) with rows that follow each other.  "Factors" are
// values as products take them: fp32, or bf16 as `bf16` says.  T: steps of this batch's
// longest segment; B: segments; rows of the time axis are (B, N), of the note axis (B, T).
#ifndef MG_TRAINER_CUDA_KERNELS_H
#define MG_TRAINER_CUDA_KERNELS_H

#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A segment whose piece is on the device.
struct mg_cuda_segment {
    const uint8_t *cells; // (roll's steps, keys)
    int32_t keys;
    int32_t shift; // the roll's column of the model's note 0; may be negative
    int32_t start;
    int32_t steps; // 0: there is none
    uint32_t number;
};

// What differs from batch to batch, on the device; the segments follow it.
struct mg_cuda_batch {
    uint64_t seed;
    uint32_t update;
    float dropout;
    float scale;
    int32_t carry; // the place whose state is the first; 0: the learned one
    struct mg_cuda_segment segments[];
};

// Rows that are handed from layer to layer: row r of place s, with r = b * inner + i, is
// row s * place + b * segment + i * row of a matrix.
struct mg_cuda_rows {
    void *values;
    uint32_t width;
    uint32_t inner;
    uint32_t place;
    uint32_t segment;
    uint32_t row;
};

// cells (T + 1, B, N): what is heard after each step of the segments and before them.
struct mg_fetch {
    const struct mg_cuda_batch *batch;
    uint16_t *cells;
    uint32_t B, N;
};

// The F features of (T, B, N), into rows of `width` factors.
struct mg_feel {
    const struct mg_cuda_batch *batch;
    const uint16_t *cells;
    void *x;
    uint32_t B, N, F, width;
    int lowest_note;
    bool bf16;
};

// The chord below each note, of (N, B, T), into `count` factors of each row.
struct mg_choose {
    const uint16_t *cells;
    void *x;
    uint32_t B, N, T, count, width;
    bool bf16;
};

// mask (B * inner, H): 0, or what makes up for it.
struct mg_mask {
    const struct mg_cuda_batch *batch;
    float *mask;
    uint32_t inner, H;
    uint32_t layer; // its number in the place of the mask
};

// One factor of each row.
struct mg_ones {
    void *x;
    uint32_t width;
    bool bf16;
};

// A layer's state before place 0, (R, H).  h: factors, rows `width` apart; c: (R, stride).
struct mg_begin {
    const struct mg_cuda_batch *batch; // NULL: always the learned state
    const float *h0, *c0;
    void *h;
    float *c;
    uint32_t R, H, width, stride;
    bool bf16;
};

// The cells of a place, (R, H).  gates: (R, 4 * stride), sums in, activations out; c:
// (R, stride); h_next: the next place's factors, rows `width` apart; up: h times mask.
struct mg_cells_up {
    float *gates;
    const float *bias; // (4H)
    const float *c_before;
    float *c;
    void *h_next;
    const float *mask; // (R, H)
    struct mg_cuda_rows up;
    uint32_t place, H, stride, width;
    bool bf16;    // h_next
    bool up_bf16; // up
};

// Their derivative.  above: the loss by what went up; recurrent: (R, stride), by h through
// the next place, or NULL; by_c: (R, stride), in and out; by_sums: factors, where gates are
// if those are fp32.
struct mg_cells_down {
    float *gates;
    void *by_sums;
    const float *c_before, *c;
    const float *recurrent;
    float *by_c;
    const float *mask;
    struct mg_cuda_rows above;
    uint32_t place, H, stride;
    bool bf16;
};

// The output of (N, B, T): the loss of each, play and articulate, and scale times the loss
// by the logits.
struct mg_answer {
    const struct mg_cuda_batch *batch;
    const uint16_t *cells;
    const float *top; // (N, B, T, width)
    const float *weight, *bias;
    float *by_logits; // (N, B, T, 2)
    double *losses;   // (N, B, T, 2)
    uint32_t B, N, T, H, width;
};

// by_top (rows, width) of the loss by it: by_logits * weight.
struct mg_answer_down {
    const float *by_logits;
    const float *weight; // (2, H)
    float *by_top;
    uint32_t H, width;
};

// out i = the sum of `count` values of x, `stride` apart, from x[i % inner + i / inner *
// outer] on.
struct mg_fold {
    const double *x;
    double *out;
    uint32_t count, stride, inner, outer;
};

// The same of squares of x, i, i + stride, ... under count.
struct mg_squares {
    const float *x;
    double *out;
    size_t count;
    uint32_t stride;
};

// A layer's weights as products take them: (4 * stride, width) factors, x first and h from
// `h` on.
struct mg_pack {
    const float *weight_ih, *weight_hh;
    void *packed;
    uint32_t inputs, H, stride, width, h;
    bool bf16;
};

// A layer's gradient as the model lays it out, from `sums` (4 * stride, width), where the
// bias has a column of its own after x, and `initial` (2, stride).
struct mg_unpack {
    const float *sums, *initial;
    float *gradient;
    uint32_t inputs, H, stride, width, h;
};

// The same of the output, from `sums` (2, width): H columns, and the bias.
struct mg_unpack_answer {
    const float *sums;
    float *gradient;
    uint32_t H, width;
};

// See mg_optimizer_update().  norm2: of the gradient, squared.
struct mg_adam {
    float *weights, *gradient2, *other;
    const float *gradient;
    const double *norm2;
    float clip, kept, step, epsilon;
};

struct mg_adadelta {
    float *weights, *gradient2, *other;
    const float *gradient;
    const double *norm2;
    float clip, kept, rate;
};

#define MG_LAUNCH_DECLARED(name)                                                       \
    cudaError_t mg_launch_##name(cudaStream_t stream, const struct mg_##name *task,    \
                                 uint32_t count)

MG_LAUNCH_DECLARED(fetch);
MG_LAUNCH_DECLARED(feel);
MG_LAUNCH_DECLARED(choose);
MG_LAUNCH_DECLARED(mask);
MG_LAUNCH_DECLARED(ones);
MG_LAUNCH_DECLARED(begin);
MG_LAUNCH_DECLARED(cells_up);
MG_LAUNCH_DECLARED(cells_down);
MG_LAUNCH_DECLARED(answer);
MG_LAUNCH_DECLARED(answer_down);
MG_LAUNCH_DECLARED(fold);
MG_LAUNCH_DECLARED(squares);
MG_LAUNCH_DECLARED(pack);
MG_LAUNCH_DECLARED(unpack);
MG_LAUNCH_DECLARED(unpack_answer);
MG_LAUNCH_DECLARED(adam);
MG_LAUNCH_DECLARED(adadelta);

#undef MG_LAUNCH_DECLARED

#ifdef __cplusplus
}
#endif
#endif
