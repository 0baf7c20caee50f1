// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Memory for vectors.
#ifndef MG_MODEL_ZEROS_H
#define MG_MODEL_ZEROS_H

#include <stdlib.h>
#include <string.h>

// rows * cols zeros, at least one, on a line of the cache: a vector that lies on two
// takes twice the time.  Free with free().  NULL when memory is short.
static inline float *
mg_zeros(size_t rows, size_t cols)
{
    enum { LINE_BYTES = 64 };
    size_t lines = (rows * cols * sizeof(float) + LINE_BYTES - 1) / LINE_BYTES;
    size_t bytes = (lines ? lines : 1) * LINE_BYTES;
    float *zeros = aligned_alloc(LINE_BYTES, bytes);
    return zeros ? memset(zeros, 0, bytes) : NULL;
}

#endif
