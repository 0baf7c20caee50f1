// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The safetensors container (https://github.com/huggingface/safetensors): named arrays
// and a table of strings.  Bytes in, a checked table out; nothing here opens a file.
#ifndef MG_MODEL_SAFETENSORS_H
#define MG_MODEL_SAFETENSORS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

// Keys and values of the metadata in all; the header may have 1 MiB.
enum { MG_METADATA_MAX_BYTES = 256 << 10 };

// Of all other keys in order and their values, each with its terminating zero.
#define MG_METADATA_SHA256 "metadata_sha256"

enum mg_dtype { MG_DTYPE_F32, MG_DTYPE_BF16 };

// One array.  The name and the data belong to whoever made the entry (the parser: the
// container and the bytes it was given).
struct mg_array {
    const char *name;
    enum mg_dtype dtype;
    int64_t rows;
    int64_t cols;     // 0 for a vector
    const void *data; // little endian, not aligned
    size_t bytes;
};

struct mg_safetensors {
    GHashTable *arrays;   // name -> struct mg_array *
    GHashTable *metadata; // string -> string
};

// Checks the header against the true length, every array's type, shape and place (no
// overlap, no hole), and the checksums in the metadata: "sha256", of the data section, must
// be there; MG_METADATA_SHA256, of the other strings, may be left out by other programs.
// The arrays point into `bytes`.  Returns 0 or -errno with one line in *error; nothing
// larger than the header is allocated.  *out is to be finished after a failure too.
// Any thread but real time.
int mg_safetensors_parse(const void *bytes, size_t length, struct mg_safetensors *out,
                         GError **error);

void mg_safetensors_finish(struct mg_safetensors *tensors); // takes a zeroed struct

// Fetches an F32 or BF16 array of exactly this shape as `count` floats; NaN and
// infinity are refused.  cols 0: a vector.  Returns 0 or -errno with one line in
// *error.
int mg_safetensors_read(const struct mg_safetensors *tensors, const char *name,
                        int64_t rows, int64_t cols, float *out, GError **error);

// Writes arrays in the order given; adds both checksums to the metadata.
GBytes *mg_safetensors_encode(const struct mg_array *arrays, size_t count,
                              GHashTable *metadata);

#endif
