// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The inner loops of the step, for one instruction set and one precision of weights.
//
// Each sum runs over k in rising order from its start value.  The kernels of AVX2 and
// AVX-512 fuse each product with its addition, and give the same bits in fp32; the
// portable one may differ in the last.  In bf16 "avx512" rounds the inputs too, which
// the others do not: they widen each weight, for a product of one row when it is used, for
// blocks of rows once, when it is packed.
#ifndef MG_MODEL_KERNEL_H
#define MG_MODEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "model/panels.h"

struct mg_feature_list;

enum { MG_BLOCK_ROWS = 6 };

// Up to MG_BLOCK_ROWS rows of inputs against one panel, or one row against some.  x holds
// the inputs as `round` made them: a pair of bf16 ones has the place of one fp32.
struct mg_block {
    int rows;
    int columns;          // 16, 32, 48 or 64; of more panels any multiple of 16
    int lines;            // of the panel
    const float *x;       // (rows, K); of sums_across (lines, MG_BLOCK_ROWS)
    size_t x_stride;      // words of 4 bytes from row to row; not of sums_across
    const float *weights; // the panel, and those that follow
    const float *start;   // (rows, columns): what the sums begin with
    size_t start_stride;  // values from row to row; 0: one for all
};

struct mg_kernel {
    const char *name; // of the instruction set
    enum mg_precision precision;
    int stripe;      // columns it takes at a time: how panels are packed for it
    int input_bytes; // of one value of x: 4, or 2 where inputs are rounded
    bool (*runs_here)(void);

    // NULL, or the one of fp32 that takes blocks of rows in place of this one: `sums` is of
    // single rows then, and `sums_across` NULL.
    const struct mg_kernel *of_blocks;

    // Makes inputs of values.
    void (*round)(int count, const float *values, void *inputs);

    // sums = start + x * weights.  sums: (rows, MG_PANEL_COLUMNS) or (1, columns)
    void (*sums)(const struct mg_block *block, float *sums);

    // The same with the inputs line by line: x: (lines, MG_BLOCK_ROWS).  That is the
    // product of a transposed matrix, which weight gradients are.
    void (*sums_across)(const struct mg_block *block, float *sums);

    // sums = start + the listed rows times their values.  rows: of MG_PANEL_COLUMNS, as are
    // start and sums
    void (*listed_sums)(const struct mg_feature_list *list, const float *rows,
                        const float *start, float *sums);

    // The cells of `count` rows of one panel, or of one row's panels one after the other:
    // their sums are MG_PANEL_COLUMNS apart (and are used up), their c and h, 16 of each,
    // `stride`.  c and h change in place; past the units of a panel they take junk.
    // units: of each; last_units: of the last.
    void (*cells)(int count, int units, int last_units, float *sums, float *c, float *h,
                  size_t stride);

    // For the trainer, the cells of one panel's rows with their gates kept: (rows,
    // MG_PANEL_COLUMNS), i, f, g and o `units` values apart.  c, h and the losses by them:
    // 16 values of each row, `stride` apart, of which `units` count.
    // up: gates: sums in, activations out; c, h: out.
    void (*cells_up)(int rows, int units, float *gates, const float *c_before, float *c,
                     float *h, size_t stride);
    // down: gates: activations in, the loss by the sums out; by_h: the loss by h; by_c:
    // the loss by c through the next place only in, by c_before out.
    void (*cells_down)(int rows, int units, float *gates, const float *c_before,
                       const float *c, const float *by_h, float *by_c, size_t stride);
};

extern const struct mg_kernel mg_kernel_avx512, mg_kernel_avx512_bf16;
extern const struct mg_kernel mg_kernel_avx512_widened; // bf16 on processors without it
extern const struct mg_kernel mg_kernel_avx2, mg_kernel_avx2_bf16;
extern const struct mg_kernel mg_kernel_portable, mg_kernel_portable_bf16;

// How a kernel wants its panels: PAIRS in bf16, else FP32.
enum mg_panel_words mg_kernel_words(const struct mg_kernel *kernel);

// All kernels of this kind of machine, the best first; NULL ends the table.
extern const struct mg_kernel *const mg_kernels[];

// The best that runs on this machine.  precision: FP32 or BF16.
const struct mg_kernel *mg_kernel_pick(enum mg_precision precision);

#endif
