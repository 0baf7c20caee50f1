// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Model to safetensors and back.
#include "model/model_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/bf16.h"
#include "model/safetensors.h"

static const char FORMAT[] = "musicguru/1";

// Keys that say the shape; the rest of the metadata is free.
static const char *const SHAPE_KEYS[] = {"format",
                                         "features",
                                         "lowest_note",
                                         "notes",
                                         "steps_per_quarter",
                                         "time_units",
                                         "note_units",
                                         "sha256",
                                         MG_METADATA_SHA256,
                                         NULL};

static int
refuse(GError **error, const char *what, const char *key)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s %s in the metadata", what,
                key);
    return -EINVAL;
}

// A comma list of `most` small numbers at the most; *count says how many there were.
static int
read_list(GHashTable *metadata, const char *key, int most, int *out, int *count,
          GError **error)
{
    const char *text = g_hash_table_lookup(metadata, key);
    if (!text)
        return refuse(error, "missing", key);
    char **items = g_strsplit(text, ",", most + 1);
    int status = 0;
    *count = 0;
    if (!items[0])
        status = refuse(error, "unusable", key);
    for (; items[*count] && !status; ++*count) {
        gint64 value = 0;
        if (*count >= most ||
            !g_ascii_string_to_signed(items[*count], 10, 0, MG_UNITS_MAX, &value, NULL))
            status = refuse(error, "unusable", key);
        else
            out[*count] = (int)value;
    }
    g_strfreev(items);
    return status;
}

static int
read_shape(GHashTable *metadata, struct mg_shape *shape, GError **error)
{
    int one;
    if (read_list(metadata, "lowest_note", 1, &shape->lowest_note, &one, error) ||
        read_list(metadata, "notes", 1, &shape->notes, &one, error) ||
        read_list(metadata, "steps_per_quarter", 1, &shape->steps_per_quarter, &one,
                  error) ||
        read_list(metadata, "time_units", MG_LAYERS_MAX, shape->time_units,
                  &shape->time_layers, error))
        return -EINVAL;
    return read_list(metadata, "note_units", MG_LAYERS_MAX, shape->note_units,
                     &shape->note_layers, error);
}

static int
read_feature_set(GHashTable *metadata, struct mg_shape *shape, GError **error)
{
    const char *name = g_hash_table_lookup(metadata, "features");
    shape->feature_set = mg_feature_set_find(name ? name : "");
    if (shape->feature_set != MG_FEATURE_SETS)
        return 0;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                "feature set is '%s', this program knows '%s' and '%s'",
                name ? name : "missing", mg_feature_set_name(MG_FEATURE_SET_SEED),
                mg_feature_set_name(MG_FEATURE_SET_FULL));
    return -EINVAL;
}

static int
check_format(GHashTable *metadata, GError **error)
{
    const char *format = g_hash_table_lookup(metadata, "format");
    if (!format || strcmp(format, FORMAT) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "format is '%s', this program reads '%s'",
                    format ? format : "missing", FORMAT);
        return -EINVAL;
    }
    return 0;
}

// All tensors of the table are there with their shapes, before memory is asked for
// them.
static int
check_tensors(const struct mg_layout *layout, const struct mg_safetensors *file,
              GError **error)
{
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct mg_tensor *t = &layout->tensors[i];
        const struct mg_array *array = g_hash_table_lookup(file->arrays, t->name);
        if (!array || array->rows != t->rows || array->cols != t->cols) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s array: %s",
                        array ? "wrong shape of" : "missing", t->name);
            return -EINVAL;
        }
    }
    return 0;
}

// Of the file: its writer rounds all arrays or none.
static enum mg_precision
precision_of(const struct mg_layout *layout, const struct mg_safetensors *file)
{
    const struct mg_array *array =
        g_hash_table_lookup(file->arrays, layout->tensors[0].name);
    return array->dtype == MG_DTYPE_BF16 ? MG_PRECISION_BF16 : MG_PRECISION_FP32;
}

static int
read_tensors(const struct mg_safetensors *file, struct mg_model *model, GError **error)
{
    for (int i = 0; i < model->layout.tensor_count; i++) {
        const struct mg_tensor *t = &model->layout.tensors[i];
        if (mg_safetensors_read(file, t->name, t->rows, t->cols,
                                model->weights + t->offset, error))
            return -EINVAL;
    }
    return 0;
}

static void
copy_free_metadata(GHashTable *from, struct mg_model *model)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, from);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!g_strv_contains(SHAPE_KEYS, key))
            mg_model_set(model, key, value);
}

struct mg_model *
mg_model_from(const struct mg_safetensors *file, GError **error)
{
    struct mg_shape shape = {0};
    struct mg_layout layout;
    if (check_format(file->metadata, error) ||
        read_feature_set(file->metadata, &shape, error) ||
        read_shape(file->metadata, &shape, error) ||
        mg_layout_init(&layout, &shape, error) || check_tensors(&layout, file, error))
        return NULL;
    struct mg_model *model = mg_model_create(&shape, error);
    if (model && read_tensors(file, model, error)) {
        mg_model_destroy(model);
        return NULL;
    }
    if (model) {
        model->precision = precision_of(&layout, file);
        copy_free_metadata(file->metadata, model);
    }
    return model;
}

struct mg_model *
mg_model_parse(const void *bytes, size_t length, GError **error)
{
    struct mg_safetensors file = {0};
    struct mg_model *model = NULL;
    if (!mg_safetensors_parse(bytes, length, &file, error))
        model = mg_model_from(&file, error);
    if (model && (int)g_hash_table_size(file.arrays) != model->layout.tensor_count) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%u arrays where the shape has %d: a checkpoint is no model",
                    g_hash_table_size(file.arrays), model->layout.tensor_count);
        mg_model_destroy(model);
        model = NULL;
    }
    mg_safetensors_finish(&file);
    return model;
}

static void
set_number(GHashTable *metadata, const char *key, int value)
{
    g_hash_table_replace(metadata, g_strdup(key), g_strdup_printf("%d", value));
}

static void
set_list(GHashTable *metadata, const char *key, const int *values, int count)
{
    GString *text = g_string_new("");
    for (int i = 0; i < count; i++)
        g_string_append_printf(text, "%s%d", i ? "," : "", values[i]);
    g_hash_table_replace(metadata, g_strdup(key), g_string_free(text, FALSE));
}

void
mg_model_describe(const struct mg_model *model, GHashTable *metadata)
{
    const struct mg_shape *shape = &model->layout.shape;
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, model->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_replace(metadata, g_strdup(key), g_strdup(value));
    g_hash_table_replace(metadata, g_strdup("format"), g_strdup(FORMAT));
    g_hash_table_replace(metadata, g_strdup("features"),
                         g_strdup(mg_feature_set_name(shape->feature_set)));
    set_number(metadata, "lowest_note", shape->lowest_note);
    set_number(metadata, "notes", shape->notes);
    set_number(metadata, "steps_per_quarter", shape->steps_per_quarter);
    set_list(metadata, "time_units", shape->time_units, shape->time_layers);
    set_list(metadata, "note_units", shape->note_units, shape->note_layers);
}

int
mg_model_arrays(const struct mg_layout *layout, const float *values,
                struct mg_array *arrays)
{
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct mg_tensor *t = &layout->tensors[i];
        arrays[i] = (struct mg_array){
            .name = t->name,
            .rows = t->rows,
            .cols = t->cols,
            .data = values + t->offset,
            .bytes = t->count * sizeof(float),
        };
    }
    return layout->tensor_count;
}

static GBytes *
encode(const struct mg_model *model, const struct mg_array *arrays, int count)
{
    GHashTable *metadata =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    mg_model_describe(model, metadata);
    GBytes *bytes = mg_safetensors_encode(arrays, (size_t)count, metadata);
    g_hash_table_destroy(metadata);
    return bytes;
}

GBytes *
mg_model_encode(const struct mg_model *model)
{
    struct mg_array arrays[MG_TENSORS_MAX];
    int count = mg_model_arrays(&model->layout, model->weights, arrays);
    return encode(model, arrays, count);
}

GBytes *
mg_model_encode_bf16(const struct mg_model *model)
{
    struct mg_array arrays[MG_TENSORS_MAX];
    const struct mg_layout *layout = &model->layout;
    int count = mg_model_arrays(layout, model->weights, arrays);
    uint16_t *halves = g_new(uint16_t, layout->parameters);
    for (size_t i = 0; i < layout->parameters; i++)
        halves[i] = mg_bf16(model->weights[i]);
    for (int i = 0; i < count; i++) {
        arrays[i].dtype = MG_DTYPE_BF16;
        arrays[i].data = halves + layout->tensors[i].offset;
        arrays[i].bytes = layout->tensors[i].count * sizeof *halves;
    }
    GBytes *bytes = encode(model, arrays, count);
    g_free(halves);
    return bytes;
}
