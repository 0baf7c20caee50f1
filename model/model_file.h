// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The model file: safetensors with the metadata of format musicguru/1, as bytes.
// It opens no file: io/file.h reads and writes the bytes.
#ifndef MG_MODEL_MODEL_FILE_H
#define MG_MODEL_MODEL_FILE_H

#include "model/model.h"
#include "model/safetensors.h"

// The weights, and a header with room to spare.
enum { MG_MODEL_FILE_MAX_BYTES = 4 * MG_PARAMETERS_MAX + (2 << 20) };

// Reads a model.  Tensors may be F32 or BF16.  Every length, offset, type, shape, name
// and the checksum are checked before anything is allocated by them; NaN and infinite
// weights are refused.  Returns NULL with one line in *error.  Any thread but real
// time.
struct mg_model *mg_model_parse(const void *bytes, size_t length, GError **error);

// Writes a model.  Returns the bytes.  Never fails: sizes were checked at creation, and
// the caller keeps the metadata under MG_METADATA_MAX_BYTES in all.
GBytes *mg_model_encode(const struct mg_model *model);

// The same with all weights rounded to bf16, in half the bytes; MG_PRECISION_AUTO plays
// such a file in bf16.
GBytes *mg_model_encode_bf16(const struct mg_model *model);

// The parts of the above, for files that hold more than a model (checkpoints).

// The model among the arrays of a parsed container; other arrays may stand beside it.
// Returns NULL with one line in *error.
struct mg_model *mg_model_from(const struct mg_safetensors *file, GError **error);

// Adds format, features, shape and the free strings of a model to the metadata.
void mg_model_describe(const struct mg_model *model, GHashTable *metadata);

// Points arrays[0 ..] at the tensors of `values` (layout->parameters values).  arrays
// has room for MG_TENSORS_MAX.  Returns their number.
int mg_model_arrays(const struct mg_layout *layout, const float *values,
                    struct mg_array *arrays);

#endif
