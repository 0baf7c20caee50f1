// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The table of tensors, and the arrays laid out by it.
#include "model/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/below.h"
#include "model/features.h"
#include "model/random.h"

static int
refuse(GError **error, const char *what, int value, int low, int high)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is %d, must be %d to %d",
                what, value, low, high);
    return -EINVAL;
}

static int
check_layers(const char *what, int layers, const int *units, GError **error)
{
    if (layers < 1 || layers > MG_LAYERS_MAX)
        return refuse(error, what, layers, 1, MG_LAYERS_MAX);
    for (int l = 0; l < layers; l++)
        if (units[l] < 1 || units[l] > MG_UNITS_MAX)
            return refuse(error, "units of a layer", units[l], 1, MG_UNITS_MAX);
    return 0;
}

static int
check_shape(const struct mg_shape *s, GError **error)
{
    if (s->notes < 1 || s->notes > MG_NOTES_MAX)
        return refuse(error, "notes", s->notes, 1, MG_NOTES_MAX);
    if (s->lowest_note < 0 || s->lowest_note > MG_NOTES_MAX - s->notes)
        return refuse(error, "lowest_note", s->lowest_note, 0, MG_NOTES_MAX - s->notes);
    if (s->steps_per_quarter < 1 || s->steps_per_quarter > MG_STEPS_PER_QUARTER_MAX)
        return refuse(error, "steps_per_quarter", s->steps_per_quarter, 1,
                      MG_STEPS_PER_QUARTER_MAX);
    int status = check_layers("time layers", s->time_layers, s->time_units, error);
    if (!status)
        status = check_layers("note layers", s->note_layers, s->note_units, error);
    return status;
}

static size_t
add_tensor(struct mg_layout *layout, const char *axis, int layer, const char *name,
           int rows, int cols)
{
    struct mg_tensor *t = &layout->tensors[layout->tensor_count++];
    if (layer >= 0)
        snprintf(t->name, sizeof t->name, "%s.%d.%s", axis, layer, name);
    else
        snprintf(t->name, sizeof t->name, "%s.%s", axis, name);
    t->rows = rows;
    t->cols = cols;
    t->offset = layout->parameters;
    t->count = (size_t)rows * (size_t)(cols ? cols : 1);
    layout->parameters += t->count;
    return t->offset;
}

// The layers of one axis, bottom up.  Returns the units of the last.
static int
add_axis(struct mg_layout *layout, const char *axis, struct mg_lstm *lstm, int layers,
         const int *units, int inputs)
{
    for (int l = 0; l < layers; l++) {
        int H = units[l];
        lstm[l].inputs = inputs;
        lstm[l].units = H;
        lstm[l].weight_ih = add_tensor(layout, axis, l, "weight_ih", 4 * H, inputs);
        lstm[l].weight_hh = add_tensor(layout, axis, l, "weight_hh", 4 * H, H);
        lstm[l].bias = add_tensor(layout, axis, l, "bias", 4 * H, 0);
        lstm[l].h0 = add_tensor(layout, axis, l, "h0", H, 0);
        lstm[l].c0 = add_tensor(layout, axis, l, "c0", H, 0);
        inputs = H;
    }
    return inputs;
}

int
mg_layout_init(struct mg_layout *layout, const struct mg_shape *shape, GError **error)
{
    *layout = (struct mg_layout){.shape = *shape};
    int status = check_shape(shape, error);
    if (status)
        return status;
    int units = add_axis(layout, "time", layout->time, shape->time_layers,
                         shape->time_units, mg_feature_count(shape->feature_set));
    units = add_axis(layout, "note", layout->note, shape->note_layers,
                     shape->note_units, units + mg_below_count(shape->feature_set));
    layout->out_weight = add_tensor(layout, "out", -1, "weight", 2, units);
    layout->out_bias = add_tensor(layout, "out", -1, "bias", 2, 0);
    if (layout->parameters > MG_PARAMETERS_MAX) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%zu weights, at most %d: make the layers smaller",
                    layout->parameters, MG_PARAMETERS_MAX);
        return -EINVAL;
    }
    return 0;
}

struct mg_model *
mg_model_create(const struct mg_shape *shape, GError **error)
{
    struct mg_layout layout;
    if (mg_layout_init(&layout, shape, error))
        return NULL;
    struct mg_model *model = calloc(1, sizeof *model);
    float *weights = calloc(layout.parameters, sizeof *weights);
    if (!model || !weights) {
        free(model);
        free(weights);
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
                    "not enough memory for a model of %zu weights", layout.parameters);
        return NULL;
    }
    model->layout = layout;
    model->weights = weights;
    model->precision = MG_PRECISION_FP32;
    model->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return model;
}

void
mg_model_destroy(struct mg_model *model)
{
    if (!model)
        return;
    g_hash_table_destroy(model->metadata);
    free(model->weights);
    free(model);
}

// Gates that are half open let a quarter of a layer's input through, and what a note did would
// reach the output of four layers as noise: four times the usual bound of 1 / sqrt(H) makes up
// for it (tests/bench/README.md has the effect).
static void
randomize_lstm(const struct mg_lstm *lstm, float *weights, uint64_t seed)
{
    int H = lstm->units;
    float bound = 1.0f / sqrtf((float)H);
    size_t inputs = 4 * (size_t)H * (size_t)lstm->inputs;
    size_t count = inputs + 4 * (size_t)H * (size_t)H; // weight_ih, weight_hh
    for (size_t i = 0; i < count; i++) {
        size_t at = lstm->weight_ih + i;
        struct mg_random r = mg_random_at(seed, MG_RANDOM_WEIGHTS, (uint32_t)at,
                                          (uint32_t)(at >> 32), 0);
        weights[at] = (i < inputs ? 4.0f : 1.0f) * bound *
                      (2.0f * mg_random_unit(r.word[0]) - 1.0f);
    }
    // Forget gates start open (Jozefowicz et al., "An empirical exploration of
    // recurrent network architectures", ICML 2015).
    for (int j = 0; j < H; j++)
        weights[lstm->bias + (size_t)(H + j)] = 1.0f;
}

void
mg_model_randomize(struct mg_model *model, uint64_t seed)
{
    const struct mg_layout *layout = &model->layout;
    for (size_t i = 0; i < layout->parameters; i++)
        model->weights[i] = 0.0f;
    for (int l = 0; l < layout->shape.time_layers; l++)
        randomize_lstm(&layout->time[l], model->weights, seed);
    for (int l = 0; l < layout->shape.note_layers; l++)
        randomize_lstm(&layout->note[l], model->weights, seed);
    // About 4 of 88 keys sound in most music: sigmoid(-3) = 0.047.
    model->weights[layout->out_bias] = -3.0f;
}

const char *
mg_model_get(const struct mg_model *model, const char *key)
{
    return g_hash_table_lookup(model->metadata, key);
}

void
mg_model_set(struct mg_model *model, const char *key, const char *value)
{
    g_hash_table_replace(model->metadata, g_strdup(key), g_strdup(value));
}
