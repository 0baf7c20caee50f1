// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Checkpoints as safetensors.
#include "trainer/checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "model/model_file.h"

enum { SETTINGS_MAX = 32, NUMBER_CHARS = G_ASCII_DTOSTR_BUF_SIZE };

static const char CORPUS[] = "corpus", HELD_OUT[] = "held-out corpus";

// A setting as the checkpoint names it: the long option that sets it.
struct setting {
    const char *key;
    char value[NUMBER_CHARS];
};

static void
add_setting(struct setting *settings, int *count, const char *key, double value)
{
    assert(*count < SETTINGS_MAX);
    settings[*count].key = key;
    // 17 digits: the same double comes back.
    g_ascii_dtostr(settings[*count].value, NUMBER_CHARS, value);
    ++*count;
}

static void
add_shape(struct setting *settings, int *count, const struct mg_shape *shape)
{
    add_setting(settings, count, "steps-per-quarter", shape->steps_per_quarter);
    add_setting(settings, count, "features", shape->feature_set);
    add_setting(settings, count, "notes", shape->lowest_note);
    add_setting(settings, count, "notes", shape->notes);
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        bool time = l < shape->time_layers, note = l < shape->note_layers;
        add_setting(settings, count, "time-units", time ? shape->time_units[l] : 0);
        add_setting(settings, count, "note-units", note ? shape->note_units[l] : 0);
    }
}

// All that decides the course of a run.  --updates may grow unless the rate depends on it.
static int
list_settings(const struct mg_training *t, struct setting *out)
{
    const struct mg_settings *s = &t->settings;
    int count = 0;
    add_shape(out, &count, &s->shape);
    add_setting(out, &count, "optimizer", s->method);
    add_setting(out, &count, "learning-rate", s->learning_rate);
    add_setting(out, &count, "warmup", (double)s->warmup);
    add_setting(out, &count, "final-rate", s->final_rate);
    add_setting(out, &count, "clip", s->clip);
    add_setting(out, &count, "decay", s->decay);
    add_setting(out, &count, "dropout", s->dropout);
    add_setting(out, &count, "batch", s->batch);
    add_setting(out, &count, "segment", s->segment);
    add_setting(out, &count, "transpose", s->transpose_low);
    add_setting(out, &count, "transpose", s->transpose_high);
    add_setting(out, &count, "seed", (double)s->seed);
    if (s->final_rate < 1.0)
        add_setting(out, &count, "updates", (double)s->updates);
    return count;
}

// The settings as one text, "KEY=VALUE " each: the way they stand in the metadata.
static char *
settings_text(const struct mg_training *t)
{
    struct setting settings[SETTINGS_MAX];
    int count = list_settings(t, settings);
    GString *text = g_string_new("");
    for (int i = 0; i < count; i++)
        g_string_append_printf(text, "%s=%s ", settings[i].key, settings[i].value);
    return g_string_free(text, FALSE);
}

static char *
metadata_key(const char *name)
{
    return g_strconcat("training.", name, NULL);
}

static void
put_text(GHashTable *metadata, const char *name, char *text)
{
    g_hash_table_replace(metadata, metadata_key(name), text);
}

static void
put_number(GHashTable *metadata, const char *name, double value)
{
    char text[NUMBER_CHARS];
    put_text(metadata, name, g_strdup(g_ascii_dtostr(text, sizeof text, value)));
}

// The state of a run beside its arrays: numbers in struct mg_training, none below 0.
struct field {
    const char *name;
    size_t offset;
};

// int64_t
static const struct field COUNTS[] = {
    {"update", offsetof(struct mg_training, update)},
    {"scored", offsetof(struct mg_training, scored)},
    {"optimizer-updates", offsetof(struct mg_training, optimizer.updates)},
    {"rollbacks", offsetof(struct mg_training, watch.rollbacks)},
    {"best-update", offsetof(struct mg_training, best.update)},
    {"scores-since-best", offsetof(struct mg_training, best.scores_since)},
    {"best-steps", offsetof(struct mg_training, best.score.steps)},
    {"best-sounding", offsetof(struct mg_training, best.score.sounding)},
};

// double
static const struct field REALS[] = {
    {"mean-loss", offsetof(struct mg_training, watch.mean)},
    {"best-play", offsetof(struct mg_training, best.score.loss.play)},
    {"best-articulate", offsetof(struct mg_training, best.score.loss.articulate)},
};

static void
put_state(GHashTable *metadata, const struct mg_training *t)
{
    for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++) {
        int64_t count;
        memcpy(&count, (const char *)t + COUNTS[i].offset, sizeof count);
        put_number(metadata, COUNTS[i].name, (double)count);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(REALS); i++) {
        double real;
        memcpy(&real, (const char *)t + REALS[i].offset, sizeof real);
        put_number(metadata, REALS[i].name, real);
    }
}

// Appends the arrays of `values` under "PREFIX" + name; the names go to `names`.
static size_t
add_arrays(const struct mg_layout *layout, const float *values, const char *prefix,
           struct mg_array *arrays, GPtrArray *names)
{
    int count = mg_model_arrays(layout, values, arrays);
    for (int i = 0; i < count; i++) {
        char *name = g_strconcat(prefix, arrays[i].name, NULL);
        g_ptr_array_add(names, name);
        arrays[i].name = name;
    }
    return (size_t)count;
}

// What tells one corpus from another.
static char *
corpus_text(const struct mg_corpus *corpus)
{
    return g_strdup_printf("%d pieces, %" G_GINT64_FORMAT " steps", corpus->piece_count,
                           corpus->steps);
}

GBytes *
mg_checkpoint_encode(const struct mg_training *t)
{
    struct mg_array arrays[4 * MG_TENSORS_MAX];
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const struct mg_layout *layout = &t->model->layout;
    size_t count = 0;
    count += add_arrays(layout, t->model->weights, "", arrays, names);
    count +=
        add_arrays(layout, t->optimizer.gradient2, "gradient2.", arrays + count, names);
    count += add_arrays(layout, t->optimizer.other, "other.", arrays + count, names);
    if (t->best.score.steps)
        count +=
            add_arrays(layout, t->best.model->weights, "best.", arrays + count, names);

    GHashTable *metadata =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    mg_model_describe(t->model, metadata);
    put_text(metadata, "settings", settings_text(t));
    put_text(metadata, CORPUS, corpus_text(t->batches.corpus));
    put_text(metadata, HELD_OUT, corpus_text(t->held_out));
    put_state(metadata, t);
    GBytes *bytes = mg_safetensors_encode(arrays, count, metadata);
    g_hash_table_destroy(metadata);
    g_ptr_array_unref(names);
    return bytes;
}

static int
refuse(GError **error, const char *what, const char *key)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s %s", what, key);
    return -EINVAL;
}

static const char *
get_text(const struct mg_safetensors *file, const char *name)
{
    char *key = metadata_key(name);
    const char *text = g_hash_table_lookup(file->metadata, key);
    g_free(key);
    return text;
}

static int
get_number(const struct mg_safetensors *file, const char *name, double low, double *out,
           GError **error)
{
    const char *text = get_text(file, name);
    char *end = NULL;
    *out = text ? g_ascii_strtod(text, &end) : (double)NAN;
    if (!text || end == text || *end || !isfinite(*out) || *out < low || *out > 0x1p53)
        return refuse(error, "not a checkpoint: no usable", name);
    return 0;
}

// Names the first setting that differs.
static int
check_settings(const struct mg_safetensors *file, const struct mg_training *t,
               GError **error)
{
    const char *text = get_text(file, "settings");
    if (!text)
        return refuse(error, "not a checkpoint: no", "settings");
    char *wanted = settings_text(t);
    char **theirs = g_strsplit(text, " ", -1), **ours = g_strsplit(wanted, " ", -1);
    int i = 0;
    while (theirs[i] && ours[i] && strcmp(theirs[i], ours[i]) == 0)
        i++;
    bool same = !theirs[i] && !ours[i];
    if (!same) {
        const char *item = ours[i] && *ours[i] ? ours[i] : theirs[i] ? theirs[i] : "";
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "the checkpoint was made with another --%.*s: give all options of "
                    "then, --from too",
                    (int)strcspn(item, "="), item);
    }
    g_strfreev(theirs);
    g_strfreev(ours);
    g_free(wanted);
    return same ? 0 : -EINVAL;
}

static int
check_corpus(const struct mg_safetensors *file, const char *name,
             const struct mg_corpus *corpus, GError **error)
{
    const char *theirs = get_text(file, name);
    if (!theirs)
        return refuse(error, "not a checkpoint: no", name);
    char *ours = corpus_text(corpus);
    bool same = strcmp(theirs, ours) == 0;
    if (!same)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "the checkpoint was made with another %s (%s, here %s)", name,
                    theirs, ours);
    g_free(ours);
    return same ? 0 : -EINVAL;
}

static int
restore_arrays(const struct mg_safetensors *file, const struct mg_layout *layout,
               const char *prefix, float *out, GError **error)
{
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct mg_tensor *t = &layout->tensors[i];
        char *name = g_strconcat(prefix, t->name, NULL);
        int status =
            mg_safetensors_read(file, name, t->rows, t->cols, out + t->offset, error);
        g_free(name);
        if (status)
            return status;
    }
    return 0;
}

static int
restore_state(const struct mg_safetensors *file, struct mg_training *t, GError **error)
{
    double value;
    for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++) {
        if (get_number(file, COUNTS[i].name, 0, &value, error))
            return -EINVAL;
        memcpy((char *)t + COUNTS[i].offset, &(int64_t){(int64_t)value},
               sizeof(int64_t));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(REALS); i++) {
        if (get_number(file, REALS[i].name, 0, &value, error))
            return -EINVAL;
        memcpy((char *)t + REALS[i].offset, &value, sizeof value);
    }
    t->watch.doubtful = 0;
    return 0;
}

static int
restore_all_arrays(const struct mg_safetensors *file, struct mg_training *t,
                   GError **error)
{
    const struct mg_layout *layout = &t->model->layout;
    const struct mg_optimizer *o = &t->optimizer;
    int status = restore_arrays(file, layout, "", t->model->weights, error);
    if (!status)
        status = restore_arrays(file, layout, "gradient2.", o->gradient2, error);
    if (!status)
        status = restore_arrays(file, layout, "other.", o->other, error);
    if (!status && t->best.score.steps)
        status = restore_arrays(file, layout, "best.", t->best.model->weights, error);
    return status;
}

int
mg_checkpoint_restore(struct mg_training *t, const void *bytes, size_t length,
                      GError **error)
{
    struct mg_safetensors file = {0};
    int status = mg_safetensors_parse(bytes, length, &file, error);
    if (!status && !g_hash_table_contains(file.metadata, MG_METADATA_SHA256))
        status = refuse(error, "not a checkpoint: no", MG_METADATA_SHA256);
    // The corpora first: the range of notes may follow from them.
    if (!status)
        status = check_corpus(&file, CORPUS, t->batches.corpus, error);
    if (!status)
        status = check_corpus(&file, HELD_OUT, t->held_out, error);
    if (!status)
        status = check_settings(&file, t, error);
    if (!status)
        status = restore_state(&file, t, error);
    if (!status)
        status = restore_all_arrays(&file, t, error);
    mg_safetensors_finish(&file);
    return status;
}
