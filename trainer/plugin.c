// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Finds and loads a plug-in.
#include "trainer/plugin.h"

#include <dlfcn.h>

static const char INSTALLED[] = MG_DATADIR "/../lib/musicguru";

// The plug-in's path, to be freed; NULL: there is none.
static char *
find(const char *file)
{
    const char *named = g_getenv("MG_PLUGINS");
    char *program = g_file_read_link("/proc/self/exe", NULL);
    char *beside = program ? g_path_get_dirname(program) : g_strdup(".");
    const char *folders[] = {beside, INSTALLED};
    char *found = NULL;
    if (named)
        folders[0] = folders[1] = named;
    for (size_t i = 0; i < G_N_ELEMENTS(folders) && !found; i++) {
        found = g_build_filename(folders[i], file, NULL);
        if (!g_file_test(found, G_FILE_TEST_EXISTS))
            g_clear_pointer(&found, g_free);
    }
    g_free(beside);
    g_free(program);
    return found;
}

void *
mg_plugin_symbol(const char *file, const char *symbol, const char *remedy,
                 GError **error)
{
    void *address = NULL;
    char *path = find(file);
    if (!path) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "this mg-train has no %s: %s", file, remedy);
        return NULL;
    }
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin)
        address = dlsym(plugin, symbol);
    if (!address)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV, "%s", dlerror());
    g_free(path);
    return address;
}
