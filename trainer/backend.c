// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Picks the backend; one is a plug-in.
#include "trainer/backend.h"

#include "trainer/plugin.h"

typedef struct mg_backend *create_backend(const struct mg_backend_choice *choice,
                                          const struct mg_backend_task *task,
                                          GError **error);

static struct mg_backend *
create_cuda(const struct mg_backend_choice *choice, const struct mg_backend_task *task,
            GError **error)
{
    create_backend *create = NULL;
    // POSIX's own way to write what ISO C has no cast for.
    *(void **)&create =
        mg_plugin_symbol("mg-cuda.so", "mg_backend_create_cuda",
                         "install the CUDA toolkit (nvcc) and build again", error);
    if (create)
        return create(choice, task, error);
    g_prefix_error(error, "cuda: ");
    return NULL;
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
