// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The search for MIDI files.
#include "trainer/files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// A search under way.
struct search {
    GPtrArray *found; // of struct mg_found *
    GHashTable *seen; // identities of files found and folders entered
    GQueue *pending;  // of struct mg_found *: what is still to be looked at
};

static void
free_found(gpointer pointer)
{
    struct mg_found *found = pointer;
    g_free(found->path);
    g_free(found->name);
    g_free(found);
}

// Takes over both strings.
static struct mg_found *
new_found(char *path, char *name)
{
    struct mg_found *found = g_new(struct mg_found, 1);
    *found = (struct mg_found){path, name};
    return found;
}

static bool
is_midi_name(const char *name)
{
    static const char *const endings[] = {".mid", ".midi", ".rmi", ".kar"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < G_N_ELEMENTS(endings); i++)
        if (g_ascii_strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static int
fail(GError **error, const char *path, int number)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s",
                path, g_strerror(number));
    return -number;
}

char *
mg_files_identity(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return g_canonicalize_filename(path, NULL);
    return g_strdup_printf("%ju:%ju", (uintmax_t)status.st_dev,
                           (uintmax_t)status.st_ino);
}

// Takes the entry over.
static void
take_file(struct search *search, struct mg_found *entry)
{
    if (g_hash_table_add(search->seen, mg_files_identity(entry->path)))
        g_ptr_array_add(search->found, entry);
    else
        free_found(entry);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names in a folder in byte order, or NULL with an error.
static GPtrArray *
list_folder(const char *path, GError **error)
{
    GError *cause = NULL;
    GDir *dir = g_dir_open(path, 0, &cause);
    if (!dir) {
        g_set_error(error, cause->domain, cause->code, "%s: cannot be searched: %s",
                    path, cause->message);
        g_error_free(cause);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    g_dir_close(dir);
    g_ptr_array_sort(names, compare_names);
    return names;
}

// Puts what is in a folder at the front of what is to be looked at, so that the order
// is that of a walk.
static int
enter_folder(struct search *search, const struct mg_found *folder, GError **error)
{
    if (!g_hash_table_add(search->seen, mg_files_identity(folder->path)))
        return 0;
    GPtrArray *names = list_folder(folder->path, error);
    if (!names)
        return -EACCES;
    for (guint i = names->len; i-- > 0;) {
        const char *name = g_ptr_array_index(names, i);
        g_queue_push_head(search->pending,
                          new_found(g_build_filename(folder->path, name, NULL),
                                    *folder->name
                                        ? g_build_filename(folder->name, name, NULL)
                                        : g_strdup(name)));
    }
    g_ptr_array_unref(names);
    return 0;
}

// Works off what is pending below one argument.
static int
walk(struct search *search, GError **error)
{
    struct mg_found *entry;
    while ((entry = g_queue_pop_head(search->pending))) {
        struct stat status;
        int result = 0;
        if (stat(entry->path, &status) == 0 && S_ISDIR(status.st_mode)) {
            result = enter_folder(search, entry, error);
        } else if (is_midi_name(entry->name)) {
            // One that cannot be opened is found all the same: its reader says why.
            take_file(search, entry);
            continue;
        }
        free_found(entry);
        if (result)
            return result;
    }
    return 0;
}

static int
search_argument(struct search *search, const char *argument, GError **error)
{
    struct stat status;
    if (stat(argument, &status))
        return fail(error, argument, errno);
    if (S_ISDIR(status.st_mode)) {
        g_queue_push_head(search->pending, new_found(g_strdup(argument), g_strdup("")));
        return walk(search, error);
    }
    take_file(search, new_found(g_strdup(argument), g_path_get_basename(argument)));
    return 0;
}

int
mg_files_find(char *const *arguments, GPtrArray **found, GError **error)
{
    struct search search = {
        .found = g_ptr_array_new_with_free_func(free_found),
        .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .pending = g_queue_new(),
    };
    int status = 0;
    for (int i = 0; arguments[i] && !status; i++)
        status = search_argument(&search, arguments[i], error);
    g_queue_free_full(search.pending, free_found);
    g_hash_table_destroy(search.seen);
    *found = status ? NULL : search.found;
    if (status)
        g_ptr_array_unref(search.found);
    return status;
}
