// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Key files: whole or not at all, and what is wrong with them.
#include "engine/key_file.h"

#include <errno.h>
#include <stdarg.h>

#include "io/file.h"

enum { MAX_BYTES = 64 << 10 };

GKeyFile *
mg_key_file_load(const char *path, GError **error)
{
    GBytes *bytes = mg_file_read(path, MAX_BYTES, error);
    if (!bytes)
        return NULL;
    GKeyFile *file = g_key_file_new();
    GError *inner = NULL;
    gsize length = 0;
    const char *data = g_bytes_get_data(bytes, &length);
    gboolean good = g_key_file_load_from_data(file, length ? data : "", length,
                                              G_KEY_FILE_KEEP_COMMENTS, &inner);
    g_bytes_unref(bytes);
    if (good)
        return file;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %.200s", path,
                inner->message);
    g_error_free(inner);
    g_key_file_free(file);
    return NULL;
}

int
mg_key_file_check_groups(GKeyFile *file, const char *path, const char *const *groups,
                         GError **error)
{
    char **names = g_key_file_get_groups(file, NULL);
    int code = 0;
    for (char **name = names; *name && code == 0; name++) {
        if (g_strv_contains(groups, *name))
            continue;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: [%.40s]: no such group", path, *name);
        code = -EINVAL;
    }
    g_strfreev(names);
    return code;
}

int
mg_key_file_refuse(GError **error, const char *path, const char *group, const char *key,
                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: [%s] %.40s: %s", path,
                group, key, message);
    g_free(message);
    return -EINVAL;
}
