// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Picks the backend, and finds the one that is a plug-in.
#include "trainer/backend.h"

#include <dlfcn.h>

typedef struct mg_backend *create_backend(const struct mg_backend_choice *choice,
                                          const struct mg_backend_task *task,
                                          GError **error);

static const char PLUGIN[] = "mg-cuda.so";
static const char INSTALLED[] = MG_DATADIR "/../lib/musicguru";

// The plug-in's file, to be freed; NULL: there is none.
static char *
find_plugin(void)
{
    const char *named = g_getenv("MG_PLUGINS");
    char *program = g_file_read_link("/proc/self/exe", NULL);
    char *beside = program ? g_path_get_dirname(program) : g_strdup(".");
    const char *folders[] = {beside, INSTALLED};
    char *found = NULL;
    if (named)
        folders[0] = folders[1] = named;
    for (size_t i = 0; i < G_N_ELEMENTS(folders) && !found; i++) {
        found = g_build_filename(folders[i], PLUGIN, NULL);
        if (!g_file_test(found, G_FILE_TEST_EXISTS))
            g_clear_pointer(&found, g_free);
    }
    g_free(beside);
    g_free(program);
    return found;
}

// The plug-in stays loaded: what it made may be anywhere.
static create_backend *
load_plugin(GError **error)
{
    create_backend *create = NULL;
    char *path = find_plugin();
    if (!path) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "cuda: this mg-train has no %s: install the CUDA toolkit (nvcc) "
                    "and build again",
                    PLUGIN);
        return NULL;
    }
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin)
        // POSIX's own way to write what ISO C has no cast for.
        *(void **)&create = dlsym(plugin, "mg_backend_create_cuda");
    if (!create)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV, "cuda: %s", dlerror());
    g_free(path);
    return create;
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
