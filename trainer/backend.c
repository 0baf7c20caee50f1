// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Picks the backend; one is a plug-in.
#include "trainer/backend.h"

#include "trainer/plugin.h"

typedef struct mg_backend *create_backend(const struct mg_backend_choice *choice,
                                          const struct mg_backend_task *task,
                                          GError **error);

static const char PLUGIN[] = "mg-cuda.so";

static create_backend *
load_plugin(GError **error)
{
    create_backend *create = NULL;
    GError *cause = NULL;
    // POSIX's own way to write what ISO C has no cast for.
    *(void **)&create = mg_plugin_symbol(PLUGIN, "mg_backend_create_cuda", &cause);
    if (create)
        return create;
    if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "cuda: this mg-train has no %s: install the CUDA toolkit (nvcc) "
                    "and build again",
                    PLUGIN);
    else
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV, "cuda: %s",
                    cause->message);
    g_error_free(cause);
    return NULL;
}

static struct mg_backend *
create_cuda(const struct mg_backend_choice *choice, const struct mg_backend_task *task,
            GError **error)
{
    create_backend *create = load_plugin(error);
    return create ? create(choice, task, error) : NULL;
}

struct mg_backend *
mg_backend_create(const struct mg_backend_choice *choice,
                  const struct mg_backend_task *task, GError **error)
{
    GError *reason = NULL;
    if (choice->device == MG_DEVICE_CUDA)
        return create_cuda(choice, task, error);
    struct mg_backend *backend = NULL;
    if (choice->device == MG_DEVICE_AUTO)
        backend = create_cuda(choice, task, &reason);
    if (!backend)
        backend = mg_backend_create_cpu(choice, task, error);
    if (backend && reason)
        g_strlcpy(backend->remark, reason->message, sizeof backend->remark);
    g_clear_error(&reason);
    return backend;
}
