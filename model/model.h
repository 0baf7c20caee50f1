// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A model: the shape of the network, the one table of its tensors, and their values.
//
// The table drives allocation, the model file, the optimiser, the gradient check and
// the tests.  Weights, gradients and moments are float arrays of `parameters` values
// laid out by the same table.
#ifndef MG_MODEL_MODEL_H
#define MG_MODEL_MODEL_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "model/features.h"
#include "model/panels.h"

enum {
    MG_LAYERS_MAX = 4, // on each axis
    MG_UNITS_MAX = 4096,
    MG_NOTES_MAX = 128,
    MG_STEPS_PER_QUARTER_MAX = 24,
    MG_TENSORS_MAX = 2 * MG_LAYERS_MAX * 5 + 2,
    MG_PARAMETERS_MAX = 64 << 20, // 256 MiB of fp32: what a model file may hold
};

struct mg_shape {
    int lowest_note;       // MIDI number of note 0
    int notes;             // N
    int steps_per_quarter; // 2 = eighth notes
    int time_layers;       // 1..MG_LAYERS_MAX
    int time_units[MG_LAYERS_MAX];
    int note_layers; // 1..MG_LAYERS_MAX
    int note_units[MG_LAYERS_MAX];
    enum mg_feature_set feature_set;
};

struct mg_tensor {
    char name[24]; // as in the model file
    int rows;
    int cols;      // 0 for a vector of `rows` values
    size_t offset; // in values, from the start of the array
    size_t count;  // rows * max(cols, 1)
};

// One LSTM layer: its sizes and where its tensors start, in values.
// Gates stand in the order i, f, g, o.
struct mg_lstm {
    int inputs;
    int units;        // H
    size_t weight_ih; // (4H, inputs)
    size_t weight_hh; // (4H, H)
    size_t bias;      // (4H)
    size_t h0;        // (H)
    size_t c0;        // (H)
};

struct mg_layout {
    struct mg_shape shape;
    struct mg_lstm time[MG_LAYERS_MAX]; // inputs of layer 0: F, the features
    struct mg_lstm
        note[MG_LAYERS_MAX]; // inputs of layer 0: last time units + those below
    size_t out_weight;       // (2, H)
    size_t out_bias;         // (2)
    int tensor_count;
    struct mg_tensor tensors[MG_TENSORS_MAX];
    size_t parameters; // total number of values
};

struct mg_model {
    struct mg_layout layout;
    float *weights;              // layout.parameters values, owned
    enum mg_precision precision; // of the file they came from; FP32 if from none
    GHashTable
        *metadata; // free strings of the model file: name, corpus, licence, ...; owned
};

// Lays out the tensors of a shape.  Returns 0, or -EINVAL with a line in *error where a
// number is out of its range.  Any thread.
int mg_layout_init(struct mg_layout *layout, const struct mg_shape *shape,
                   GError **error);

// A model with all weights 0 and no metadata; NULL with *error set.  Free with
// mg_model_destroy().
struct mg_model *mg_model_create(const struct mg_shape *shape, GError **error);

// Takes NULL.
void mg_model_destroy(struct mg_model *model);

// Fresh weights: uniform, those of a layer's inputs in +-4/sqrt(H) and those of its own past in
// +-1/sqrt(H); forget biases 1, output bias towards silence.
// The output weights are 0: the first updates learn how often keys play.
void mg_model_randomize(struct mg_model *model, uint64_t seed);

// A free string of the metadata, or NULL.  Owned by the model.
const char *mg_model_get(const struct mg_model *model, const char *key);
void mg_model_set(struct mg_model *model, const char *key, const char *value);

#endif
