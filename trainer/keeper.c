// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The files of a training.
#include "trainer/keeper.h"

#include <errno.h>

#include "io/file.h"
#include "model/model_file.h"
#include "trainer/checkpoint.h"
#include "trainer/model_reader.h"

// Weights, two means of the optimiser, weights of the best.
static const size_t CHECKPOINT_MAX_BYTES = 4 * (size_t)MG_MODEL_FILE_MAX_BYTES;

static int
refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: %s", path, why);
    return -EEXIST;
}

static int
take_lock(struct mg_keeper *k, GError **error)
{
    GError *cause = NULL;
    k->lock = mg_file_lock(k->lock_path, &cause);
    if (k->lock == -EBUSY) {
        g_clear_error(&cause);
        refuse(error, k->model_path, "another mg-train is at work on it");
    } else if (cause) {
        g_propagate_error(error, cause);
    }
    return MIN(k->lock, 0);
}

// An older model may be replaced; a file of another kind is there by mistake: MODEL may have
// been left out before the corpus.
static int
check_model(const struct mg_keeper *k, GError **error)
{
    if (!g_file_test(k->model_path, G_FILE_TEST_EXISTS))
        return 0;
    struct mg_model *model = mg_model_read(mg_ranks_alone(), k->model_path, NULL);
    bool is_model = model != NULL;
    mg_model_destroy(model);
    return is_model ? 0
                    : refuse(error, k->model_path,
                             "is there already and is no model; name another file");
}

int
mg_keeper_init(struct mg_keeper *k, struct mg_ranks *ranks, const char *model_path,
               const char *resumed, GError **error)
{
    *k = (struct mg_keeper){
        .ranks = ranks, .model_path = model_path, .lock = -1, .stands = -1};
    k->checkpoint_path = g_strconcat(model_path, ".checkpoint", NULL);
    k->lock_path = g_strconcat(model_path, ".lock", NULL);
    if (ranks->rank)
        return 0;
    // What would fail or be lost at the end fails now.
    int status = check_model(k, error);
    if (!status)
        status = take_lock(k, error);
    bool goes_on = resumed && mg_file_is_same(resumed, k->checkpoint_path);
    if (!status && !goes_on && g_file_test(k->checkpoint_path, G_FILE_TEST_EXISTS))
        status = refuse(error, k->checkpoint_path,
                        "is there already; go on with --resume, or remove it");
    return status;
}

void
mg_keeper_finish(struct mg_keeper *k)
{
    if (k->lock_path)
        mg_file_unlock(k->lock_path, k->lock);
    if (k->good)
        g_bytes_unref(k->good);
    g_free(k->lock_path);
    g_free(k->checkpoint_path);
    *k = (struct mg_keeper){0};
}

static int
restore(struct mg_training *t, GBytes *bytes, GError **error)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    int status = mg_checkpoint_restore(t, data, length, error);
    return status ? status : mg_training_load(t, error);
}

int
mg_keeper_resume(struct mg_keeper *k, struct mg_training *t, const char *path,
                 GError **error)
{
    GBytes *bytes = mg_ranks_read_file(k->ranks, path, CHECKPOINT_MAX_BYTES, error);
    if (!bytes)
        return k->ranks->rank ? -ECANCELED : -EIO;
    int status = restore(t, bytes, error);
    if (status)
        g_prefix_error(error, "%s: ", path);
    g_bytes_unref(bytes);
    k->stands = -1;
    return status;
}

static int
write_model(struct mg_keeper *k, const struct mg_best *best, GError **error)
{
    if (!best->score.steps || best->update == k->stands)
        return 0;
    int status =
        mg_file_write_bytes(k->model_path, mg_model_encode(best->model), error);
    if (!status)
        k->stands = best->update;
    return status;
}

int
mg_keeper_keep(struct mg_keeper *k, struct mg_training *t, GError **error)
{
    int status = mg_training_store(t, error);
    if (status)
        return status;
    if (k->good)
        g_bytes_unref(k->good);
    k->good = mg_checkpoint_encode(t);
    if (k->ranks->rank)
        return 0;
    status = mg_file_write_bytes(k->checkpoint_path, g_bytes_ref(k->good), error);
    // Where the checkpoint has no room the smaller model may have.
    int model_status = write_model(k, &t->best, status ? NULL : error);
    return status ? status : model_status;
}

int
mg_keeper_roll_back(struct mg_keeper *k, struct mg_training *t, GError **error)
{
    int status = restore(t, k->good, error);
    t->watch.rollbacks++;
    return status;
}
