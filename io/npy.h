// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// NumPy's array file (format 1.0, numpy.lib.format), as bytes.
#ifndef MG_IO_NPY_H
#define MG_IO_NPY_H

#include <glib.h>
#include <stddef.h>

// A little-endian fp32 array of `dims` sizes (1..4), C order.  The caller unrefs it.
GBytes *mg_npy_encode(const float *values, const size_t *shape, int dims);

#endif
