// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Picks the backend.
#include "trainer/backend.h"

struct mg_backend *
mg_backend_create(const struct mg_backend_choice *choice,
                  const struct mg_backend_task *task, GError **error)
{
    if (choice->device == MG_DEVICE_CUDA) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV,
                    "cuda: left out of this mg-train; see --help");
        return NULL;
    }
    return mg_backend_create_cpu(choice, task, error);
}
