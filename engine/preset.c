// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Presets: one table of keys drives the defaults, the checks and the errors.
#include "engine/preset.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "engine/clock.h"
#include "io/file.h"
#include "model/model_file.h"

#define GROUP "preset"

enum { PRESET_FILE_MAX_BYTES = 64 << 10 };

enum kind { TEXT, NUMBER, WHOLE };

struct key {
    const char *name;
    enum kind kind;
    size_t offset;  // in struct mg_preset: char *, double or int64_t
    double initial; // numbers
    double low;
    double high; // whole numbers: exact in a double
};

#define AT(field) offsetof(struct mg_preset, field)

static const struct key KEYS[] = {
    {"name", TEXT, AT(name), 0, 0, 0},
    {"description", TEXT, AT(description), 0, 0, 0},
    {"model", TEXT, AT(model_path), 0, 0, 0},
    {"tempo", NUMBER, AT(bpm), 120, MG_CLOCK_BPM_MIN, MG_CLOCK_BPM_MAX},
    {"temperature", NUMBER, AT(temperature), 1, 0.1, 10},
    {"longest_note", NUMBER, AT(longest_quarters), 8, 0.25, 1000},
    {"fill_below", WHOLE, AT(fill_below), 2, 0, 20},
    {"velocity", WHOLE, AT(velocity), 80, 1, 127},
    {"channel", WHOLE, AT(channel), 1, 1, 16},
    {"program", WHOLE, AT(program), 0, 0, 127},
    {"seed", WHOLE, AT(seed), -1, 0, 9007199254740992.0}, // 2^53
};

static char **
text_at(struct mg_preset *preset, const struct key *key)
{
    return (char **)(void *)((char *)preset + key->offset);
}

static void
set_number(struct mg_preset *preset, const struct key *key, double value)
{
    void *field = (char *)preset + key->offset;
    if (key->kind == NUMBER)
        *(double *)field = value;
    else
        *(int64_t *)field = (int64_t)value;
}

static struct mg_preset *
default_preset(void)
{
    struct mg_preset *preset = g_new0(struct mg_preset, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
        if (KEYS[i].kind != TEXT)
            set_number(preset, &KEYS[i], KEYS[i].initial);
    return preset;
}

void
mg_preset_destroy(struct mg_preset *preset)
{
    if (!preset)
        return;
    g_free(preset->name);
    g_free(preset->description);
    g_free(preset->model_path);
    mg_model_destroy(preset->model);
    g_free(preset);
}

// --- one key -------------------------------------------------------------------------

// A number in the C locale, with nothing after it.
static bool
parse_number(const struct key *key, const char *text, double *value)
{
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);
    if (end == text || *end != '\0')
        return false;
    if (!(number >= key->low && number <= key->high)) // NaN too
        return false;
    *value = number;
    return key->kind == NUMBER || number == (double)(int64_t)number;
}

static int
read_key(GKeyFile *file, const char *path, const struct key *key,
         struct mg_preset *preset, GError **error)
{
    GError *inner = NULL;
    char *text = g_key_file_get_string(file, GROUP, key->name, &inner);
    double value = 0.0;
    if (!text) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: [%s] %s: %s", path,
                    GROUP, key->name, inner->message);
        g_error_free(inner);
        return -EINVAL;
    }
    if (key->kind == TEXT) {
        *text_at(preset, key) = text;
        return 0;
    }
    g_strstrip(text);
    bool good = parse_number(key, text, &value);
    if (good)
        set_number(preset, key, value);
    else
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: [%s] %s: '%.40s' is not a %snumber from %.15g to %.15g", path,
                    GROUP, key->name, text, key->kind == WHOLE ? "whole " : "",
                    key->low, key->high);
    g_free(text);
    return good ? 0 : -EINVAL;
}

static const struct key *
find_key(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
        if (strcmp(KEYS[i].name, name) == 0)
            return &KEYS[i];
    return NULL;
}

// --- the file ------------------------------------------------------------------------

static int
read_keys(GKeyFile *file, const char *path, struct mg_preset *preset, GError **error)
{
    char **names = g_key_file_get_keys(file, GROUP, NULL, NULL);
    if (!names) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: has no group [%s]; is it a preset?", path, GROUP);
        return -EINVAL;
    }
    int code = 0;
    for (char **name = names; *name && code == 0; name++) {
        const struct key *key = find_key(*name);
        if (key) {
            code = read_key(file, path, key, preset, error);
            continue;
        }
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: [%s] %s: no such key",
                    path, GROUP, *name);
        code = -EINVAL;
    }
    g_strfreev(names);
    return code;
}

static int
check_groups(GKeyFile *file, const char *path, GError **error)
{
    char **groups = g_key_file_get_groups(file, NULL);
    int code = 0;
    for (char **group = groups; *group && code == 0; group++) {
        if (strcmp(*group, GROUP) == 0)
            continue;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: [%s]: no such group",
                    path, *group);
        code = -EINVAL;
    }
    g_strfreev(groups);
    return code;
}

static int
parse_file(GBytes *bytes, const char *path, struct mg_preset *preset, GError **error)
{
    GKeyFile *file = g_key_file_new();
    GError *inner = NULL;
    gsize length = 0;
    const char *data = g_bytes_get_data(bytes, &length);
    int code = 0;
    if (!g_key_file_load_from_data(file, length ? data : "", length, G_KEY_FILE_NONE,
                                   &inner)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", path,
                    inner->message);
        g_error_free(inner);
        code = -EINVAL;
    }
    if (code == 0)
        code = check_groups(file, path, error);
    if (code == 0)
        code = read_keys(file, path, preset, error);
    g_key_file_free(file);
    return code;
}

// The name without folder and ending.
static char *
base_name(const char *path)
{
    char *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');
    if (dot)
        *dot = '\0';
    return base;
}

static int
load_model(struct mg_preset *preset, GError **error)
{
    GBytes *bytes = mg_file_read(preset->model_path, MG_MODEL_FILE_MAX_BYTES, error);
    if (!bytes)
        return -EIO;
    gsize length = 0;
    const void *data = g_bytes_get_data(bytes, &length);
    GError *inner = NULL;
    preset->model = mg_model_parse(data, length, &inner);
    g_bytes_unref(bytes);
    if (preset->model)
        return 0;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", preset->model_path,
                inner->message);
    g_error_free(inner);
    return -EINVAL;
}

// The model's path stands relative to the preset's folder.
static int
read_preset(struct mg_preset *preset, const char *path, GError **error)
{
    GBytes *bytes = mg_file_read(path, PRESET_FILE_MAX_BYTES, error);
    if (!bytes)
        return -EIO;
    int code = parse_file(bytes, path, preset, error);
    g_bytes_unref(bytes);
    if (code != 0)
        return code;
    if (!preset->model_path || !*preset->model_path) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: [%s] model: is missing; name a model file", path, GROUP);
        return -EINVAL;
    }
    char *folder = g_path_get_dirname(path);
    char *model = g_path_is_absolute(preset->model_path)
                      ? g_strdup(preset->model_path)
                      : g_build_filename(folder, preset->model_path, NULL);
    g_free(preset->model_path);
    preset->model_path = model;
    g_free(folder);
    return 0;
}

// --- where it is ---------------------------------------------------------------------

static bool
try_folder(const char *folder, const char *name, char **path)
{
    char *file = g_strconcat(name, ".preset", NULL);
    *path = g_build_filename(folder, "musicguru", file, NULL);
    g_free(file);
    if (g_file_test(*path, G_FILE_TEST_EXISTS))
        return true;
    g_free(*path);
    *path = NULL;
    return false;
}

// Path of an installed preset, or NULL.
static char *
find_installed(const char *name)
{
    char *path = NULL;
    if (strchr(name, '/') || try_folder(g_get_user_data_dir(), name, &path))
        return path;
    const char *const *folders = g_get_system_data_dirs();
    for (int i = 0; folders[i]; i++)
        if (try_folder(folders[i], name, &path))
            return path;
    try_folder(MG_DATADIR, name, &path);
    return path;
}

struct mg_preset *
mg_preset_load(const char *name, GError **error)
{
    struct mg_preset *preset = default_preset();
    int code = 0;
    char *path = NULL;
    if (g_str_has_suffix(name, ".safetensors")) {
        preset->model_path = g_strdup(name);
        path = g_strdup(name);
    } else {
        path =
            g_str_has_suffix(name, ".preset") ? g_strdup(name) : find_installed(name);
        if (path)
            code = read_preset(preset, path, error);
    }
    if (!path) {
        g_set_error(
            error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
            "%s: no preset of this name is installed; give the path of a .preset "
            "or .safetensors file",
            name);
        code = -ENOENT;
    }
    if (code == 0)
        code = load_model(preset, error);
    if (code == 0 && !preset->name)
        preset->name = base_name(path);
    if (code == 0 && !preset->description)
        preset->description = g_strdup("");
    g_free(path);
    if (code == 0)
        return preset;
    mg_preset_destroy(preset);
    return NULL;
}
