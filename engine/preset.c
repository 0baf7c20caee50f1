// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Presets: one table of keys, and that of the controls, drive the defaults, the checks
// and the errors.
#include "engine/preset.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/key_file.h"
#include "io/file.h"
#include "model/model_file.h"

#define GROUP "preset"
#define METRE "metre" // the one key that is two numbers

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
    {"fill_below", WHOLE, AT(fill_below), 2, 0, 20},
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
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        preset->control[i] = mg_control_table[i].initial;
    preset->beats_per_bar = 4.0;
    preset->beat_type = 4.0;
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
read_number(const char *path, const struct key *key, const char *text,
            struct mg_preset *preset, GError **error)
{
    double value = 0.0;
    if (!parse_number(key, text, &value))
        return mg_key_file_refuse(error, path, GROUP, key->name,
                                  "'%.40s' is not a %snumber from %.15g to %.15g", text,
                                  key->kind == WHOLE ? "whole " : "", key->low,
                                  key->high);
    set_number(preset, key, value);
    return 0;
}

static int
read_control(const char *path, enum mg_control control, const char *text,
             struct mg_preset *preset, GError **error)
{
    if (mg_control_parse(control, text, &preset->control[control]))
        return 0;
    char *expected = mg_control_expected(control);
    int code = mg_key_file_refuse(error, path, GROUP, mg_control_table[control].name,
                                  "'%.40s' is not %s", text, expected);
    g_free(expected);
    return code;
}

// "6/8": how many beats a bar has, and which note is one.
static int
read_metre(const char *path, const char *text, struct mg_preset *preset, GError **error)
{
    char **parts = g_strsplit(text, "/", 2);
    guint64 beats = 0;
    guint64 type = 0;
    bool good = parts[0] && parts[1] &&
                g_ascii_string_to_unsigned(parts[0], 10, 1, 32, &beats, NULL) &&
                g_ascii_string_to_unsigned(parts[1], 10, 1, 32, &type, NULL) &&
                (type & (type - 1)) == 0; // a power of two
    g_strfreev(parts);
    if (!good)
        return mg_key_file_refuse(error, path, GROUP, METRE,
                                  "'%.40s' is not 1 to 32 beats of 1, 2, 4, 8, 16 or "
                                  "32, such as 3/4",
                                  text);
    preset->beats_per_bar = (double)beats;
    preset->beat_type = (double)type;
    return 0;
}

// A line break or another control character would go on to the terminal.
static bool
is_plain(const char *text)
{
    for (; *text; text++)
        if (g_ascii_iscntrl(*text))
            return false;
    return true;
}

static int
read_text(GKeyFile *file, const char *path, const struct key *key,
          struct mg_preset *preset, GError **error)
{
    GError *inner = NULL;
    char **field = text_at(preset, key);
    g_free(*field);
    *field = g_key_file_get_string(file, GROUP, key->name, &inner);
    if (*field && is_plain(*field))
        return 0;
    mg_key_file_refuse(error, path, GROUP, key->name, "%s",
                       inner ? inner->message : "holds a control character");
    g_clear_error(&inner);
    return -EINVAL;
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
read_key(GKeyFile *file, const char *path, const char *name, struct mg_preset *preset,
         GError **error)
{
    const struct key *key = find_key(name);
    if (key && key->kind == TEXT)
        return read_text(file, path, key, preset, error);
    enum mg_control control = mg_control_find(name);
    char *text = g_strstrip(g_key_file_get_value(file, GROUP, name, NULL));
    int code;
    if (key)
        code = read_number(path, key, text, preset, error);
    else if (strcmp(name, METRE) == 0)
        code = read_metre(path, text, preset, error);
    else if (mg_control_is_setting(control))
        code = read_control(path, control, text, preset, error);
    else
        code = mg_key_file_refuse(error, path, GROUP, name, "no such key");
    g_free(text);
    return code;
}

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
    for (char **name = names; *name && code == 0; name++)
        code = read_key(file, path, *name, preset, error);
    g_strfreev(names);
    return code;
}

// What no key is wrong in alone.
static int
check(const char *path, const struct mg_preset *preset, GError **error)
{
    double lowest = (double)preset->control[MG_CONTROL_LOWEST];
    double highest = (double)preset->control[MG_CONTROL_HIGHEST];
    if (!preset->model_path || !*preset->model_path)
        return mg_key_file_refuse(error, path, GROUP, "model",
                                  "is missing; name a model file");
    if (lowest > highest)
        return mg_key_file_refuse(error, path, GROUP, "lowest",
                                  "%g is above highest, %g", lowest, highest);
    return 0;
}

static int
read_file(const char *path, struct mg_preset *preset, GError **error)
{
    static const char *const GROUPS[] = {GROUP, MG_CONTROLLER_MAP_GROUP, NULL};
    GKeyFile *file = mg_key_file_load(path, error);
    if (!file)
        return -EINVAL;
    int code = mg_key_file_check_groups(file, path, GROUPS, error);
    if (code == 0)
        code = read_keys(file, path, preset, error);
    if (code == 0)
        code = mg_controller_map_read(file, path, &preset->controllers, error);
    g_key_file_free(file);
    return code == 0 ? check(path, preset, error) : code;
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
    int code = read_file(path, preset, error);
    if (code != 0)
        return code;
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
    if (try_folder(g_get_user_data_dir(), name, &path))
        return path;
    const char *const *folders = g_get_system_data_dirs();
    for (int i = 0; folders[i]; i++)
        if (try_folder(folders[i], name, &path))
            return path;
    try_folder(MG_DATADIR, name, &path);
    return path;
}

// The path of a preset or of a model file, which may have any ending; NULL: neither.
static char *
find(const char *name, bool *is_preset)
{
    *is_preset = g_str_has_suffix(name, ".preset");
    if (*is_preset || g_str_has_suffix(name, ".safetensors") || strchr(name, '/'))
        return g_strdup(name);
    char *installed = find_installed(name);
    *is_preset = installed != NULL;
    return installed || !g_file_test(name, G_FILE_TEST_EXISTS) ? installed
                                                               : g_strdup(name);
}

struct mg_preset *
mg_preset_load(const char *name, GError **error)
{
    struct mg_preset *preset = default_preset();
    int code = 0;
    bool is_preset;
    char *path = find(name, &is_preset);
    if (path && is_preset)
        code = read_preset(preset, path, error);
    else if (path)
        preset->model_path = g_strdup(path);
    else {
        g_set_error(
            error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
            "%s: no preset of this name is installed; give the path of a .preset "
            "or of a model file",
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
