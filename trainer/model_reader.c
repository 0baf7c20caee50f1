// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// From a path to a model.
#include "trainer/model_reader.h"

#include "model/model_file.h"

struct mg_model *
mg_model_read(struct mg_ranks *ranks, const char *path, GError **error)
{
    GBytes *bytes = mg_ranks_read_file(ranks, path, MG_MODEL_FILE_MAX_BYTES, error);
    if (!bytes)
        return NULL;
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    struct mg_model *model = mg_model_parse(data, length, error);
    g_bytes_unref(bytes);
    if (!model)
        g_prefix_error(error, "%s: ", path);
    return model;
}
