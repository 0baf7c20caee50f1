// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Controller maps, in and out of key files.
#include "engine/controller_map.h"

#include <errno.h>

#include "engine/key_file.h"
#include "io/file.h"

#define GROUP MG_CONTROLLER_MAP_GROUP

// --- one line ------------------------------------------------------------------------

bool
mg_controller_map_parse(const char *text, int *channel, int *controller)
{
    char **parts = g_strsplit(text, "@", 2);
    guint64 number = 0;
    guint64 of_channel = 0; // 1..16, or 0 for all
    bool good = parts[0] &&
                g_ascii_string_to_unsigned(parts[0], 10, 0, 127, &number, NULL) &&
                mg_controller_is_free((int)number);
    if (good && parts[1])
        good =
            g_ascii_string_to_unsigned(parts[1], 10, 1, MG_CHANNELS, &of_channel, NULL);
    g_strfreev(parts);
    if (!good)
        return false;
    *controller = (int)number;
    *channel = (int)of_channel - 1;
    return true;
}

static char *
print_binding(const struct mg_binding *binding)
{
    if (binding->channel < 0)
        return g_strdup_printf("%d", binding->controller);
    return g_strdup_printf("%d@%d", binding->controller, binding->channel + 1);
}

static bool
is_same_controller(const struct mg_binding *a, const struct mg_binding *b)
{
    return a->channel == b->channel && a->controller == b->controller;
}

void
mg_controller_map_add(struct mg_controller_map *map, const struct mg_binding *binding)
{
    int kept = 0;
    for (int i = 0; i < map->count; i++)
        if (map->bindings[i].control != binding->control &&
            !is_same_controller(&map->bindings[i], binding))
            map->bindings[kept++] = map->bindings[i];
    map->bindings[kept] = *binding;
    map->count = kept + 1;
}

static int
read_line(GKeyFile *file, const char *path, const char *name,
          struct mg_controller_map *map, GError **error)
{
    struct mg_binding binding = {.control = mg_control_find(name)};
    if (binding.control == MG_CONTROL_NONE)
        return mg_key_file_refuse(error, path, GROUP, name, "no such control");
    char *text = g_key_file_get_value(file, GROUP, name, NULL);
    int code = 0;
    if (mg_controller_map_parse(g_strstrip(text), &binding.channel,
                                &binding.controller))
        mg_controller_map_add(map, &binding);
    else
        code = mg_key_file_refuse(error, path, GROUP, name,
                                  "'%.40s' is not a controller from 0 to 119, other "
                                  "than 64, alone or with @ and a channel from 1 to 16",
                                  text);
    g_free(text);
    return code;
}

int
mg_controller_map_read(GKeyFile *file, const char *path, struct mg_controller_map *map,
                       GError **error)
{
    char **names = g_key_file_get_keys(file, GROUP, NULL, NULL);
    int code = 0;
    map->count = 0;
    for (char **name = names; names && *name && code == 0; name++)
        code = read_line(file, path, *name, map, error);
    g_strfreev(names);
    return code;
}

void
mg_controller_map_apply(const struct mg_controller_map *map,
                        struct mg_controls *controls)
{
    for (int narrow = 0; narrow < 2; narrow++)
        for (int i = 0; i < map->count; i++) {
            const struct mg_binding *binding = &map->bindings[i];
            if ((binding->channel >= 0) == narrow)
                mg_controls_bind(controls, binding->control, binding->channel,
                                 binding->controller);
        }
}

// --- the file ------------------------------------------------------------------------

char *
mg_controller_map_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "musicguru", "controllers", NULL);
}

// The file, or an empty one where there is none; NULL with one line in *error.
static GKeyFile *
open_file(const char *path, GError **error)
{
    static const char *const GROUPS[] = {GROUP, NULL};
    GError *inner = NULL;
    GKeyFile *file = mg_key_file_load(path, &inner);
    if (!file && g_error_matches(inner, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_error_free(inner);
        return g_key_file_new();
    }
    if (file && mg_key_file_check_groups(file, path, GROUPS, &inner) != 0)
        g_clear_pointer(&file, g_key_file_free);
    if (!file)
        g_propagate_error(error, inner);
    return file;
}

int
mg_controller_map_load(const char *path, struct mg_controller_map *map, GError **error)
{
    GKeyFile *file = open_file(path, error);
    if (!file)
        return -EINVAL;
    int code = mg_controller_map_read(file, path, map, error);
    g_key_file_free(file);
    return code;
}

// Takes away what other controls have on this very controller.
static void
make_way(GKeyFile *file, const struct mg_binding *binding)
{
    char **names = g_key_file_get_keys(file, GROUP, NULL, NULL);
    for (char **name = names; names && *name; name++) {
        char *text = g_key_file_get_value(file, GROUP, *name, NULL);
        struct mg_binding other;
        if (mg_controller_map_parse(g_strstrip(text), &other.channel,
                                    &other.controller) &&
            is_same_controller(&other, binding))
            g_key_file_remove_key(file, GROUP, *name, NULL);
        g_free(text);
    }
    g_strfreev(names);
}

static int
write_file(GKeyFile *file, const char *path, GError **error)
{
    char *folder = g_path_get_dirname(path);
    int failed = g_mkdir_with_parents(folder, 0700) ? errno : 0;
    g_free(folder);
    if (failed) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(failed),
                    "%s: %s", path, g_strerror(failed));
        return -failed;
    }
    gsize length = 0;
    char *text = g_key_file_to_data(file, &length, NULL);
    int code = mg_file_write(path, text, length, error);
    g_free(text);
    return code;
}

int
mg_controller_map_store(const char *path, const struct mg_binding *binding,
                        GError **error)
{
    GKeyFile *file = open_file(path, error);
    if (!file)
        return -EINVAL;
    make_way(file, binding);
    char *text = print_binding(binding);
    g_key_file_set_value(file, GROUP, mg_control_table[binding->control].name, text);
    g_free(text);
    int code = write_file(file, path, error);
    g_key_file_free(file);
    return code;
}
