// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Presets: what is read, where they are found, and one clear line for each thing wrong.
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "engine/preset.h"
#include "io/file.h"
#include "model/model_file.h"

static char folder[] = "/tmp/mg-preset-XXXXXX";
static char *preset_path;
static char *model_path;

static void
write_preset(const char *text)
{
    assert_int_equal(mg_file_write(preset_path, text, strlen(text), NULL), 0);
}

static void
test_all_keys(void **state)
{
    (void)state;
    setlocale(LC_ALL, "de_DE.UTF-8"); // a decimal comma, where it is installed
    write_preset("# a comment\n[preset]\nname=Quiet\ndescription=Slow chords\n"
                 "model=m.safetensors\ntempo=72.5\ntemperature=0.9\nfill_below=3\n"
                 "velocity=64\nchannel=16\nprogram=127\nlongest_note=4\n"
                 "seed=9007199254740992\n");
    GError *error = NULL;
    struct mg_preset *preset = mg_preset_load(preset_path, &error);
    assert_non_null(preset);
    assert_string_equal(preset->name, "Quiet");
    assert_string_equal(preset->description, "Slow chords");
    assert_string_equal(preset->model_path, model_path);
    assert_true(preset->bpm == 72.5 && preset->temperature == 0.9);
    assert_true(preset->longest_quarters == 4.0);
    assert_int_equal(preset->fill_below, 3);
    assert_int_equal(preset->velocity, 64);
    assert_int_equal(preset->channel, 16);
    assert_int_equal(preset->program, 127);
    assert_int_equal(preset->seed, 9007199254740992);
    assert_int_equal(preset->model->layout.shape.notes, 40);
    mg_preset_destroy(preset);
    setlocale(LC_ALL, "C");
}

static void
test_defaults(void **state)
{
    (void)state;
    GError *error = NULL;
    write_preset("[preset]\nmodel=m.safetensors\n");
    struct mg_preset *preset = mg_preset_load(preset_path, &error);
    assert_non_null(preset);
    assert_string_equal(preset->name, "p");
    assert_true(preset->bpm == 120.0 && preset->temperature == 1.0);
    assert_true(preset->longest_quarters == 8.0);
    assert_int_equal(preset->fill_below, 2);
    assert_int_equal(preset->channel, 1);
    assert_int_equal(preset->seed, -1);
    mg_preset_destroy(preset);
    preset = mg_preset_load(model_path, &error);
    assert_non_null(preset);
    assert_string_equal(preset->name, "m");
    mg_preset_destroy(preset);
}

static void
test_by_name(void **state)
{
    (void)state;
    GError *error = NULL;
    write_preset("[preset]\nmodel=m.safetensors\n");
    struct mg_preset *preset = mg_preset_load("p", &error);
    assert_non_null(preset);
    mg_preset_destroy(preset);
    assert_null(mg_preset_load("nothing-of-this-name", &error));
    assert_non_null(strstr(error->message, "nothing-of-this-name"));
    g_error_free(error);
}

// The text of a preset, and what its error must name.
static void
assert_refused(const char *text, const char *named)
{
    GError *error = NULL;
    write_preset(text);
    struct mg_preset *preset = mg_preset_load(preset_path, &error);
    assert_null(preset);
    assert_non_null(error);
    if (!strstr(error->message, named) || !strstr(error->message, folder) ||
        strchr(error->message, '\n'))
        fail_msg("'%s' does not name '%s'", error->message, named);
    g_error_free(error);
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const NUMBERS[] = {
        "tempo=0",        "tempo=1e999",
        "tempo=nan",      "tempo=120,5",
        "tempo=",         "tempo=120 BPM",
        "tempo=-inf",     "tempo=1000",
        "temperature=0",  "temperature=1e-30",
        "longest_note=0", "velocity=0",
        "velocity=128",   "velocity=64.5",
        "channel=0",      "channel=17",
        "program=128",    "program=-1",
        "fill_below=99",  "seed=-1",
        "seed=1e17",      "velocity=99999999999999999999999999",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++) {
        char *key = g_strndup(NUMBERS[i], strcspn(NUMBERS[i], "="));
        char *text =
            g_strconcat("[preset]\nmodel=m.safetensors\n", NUMBERS[i], "\n", NULL);
        char *named = g_strconcat("[preset] ", key, ":", NULL);
        assert_refused(text, named);
        g_free(text);
        g_free(named);
        g_free(key);
    }
    assert_refused("[preset]\nmodel=m.safetensors\ntmepo=1\n", "[preset] tmepo");
    assert_refused("[preset]\nmodel=m.safetensors\n[extra]\na=1\n", "[extra]");
    assert_refused("[preset]\ntempo=100\n", "[preset] model");
    assert_refused("[preset]\nmodel=absent.safetensors\n", "absent.safetensors");
    assert_refused("[preset]\nmodel=p.preset\n", "p.preset");
    assert_refused("", "[preset]");
    assert_refused("no key file\n", "p.preset");
    assert_refused("[preset]\nname=\xff\xfe\nmodel=m.safetensors\n", "name");
}

static void
test_odd_files(void **state)
{
    (void)state;
    GError *error = NULL;
    char *huge = g_strnfill(1 << 20, 'x');
    assert_refused(huge, "p.preset");
    g_free(huge);
    unlink(preset_path);
    assert_int_equal(mkfifo(preset_path, 0600), 0); // must not block
    assert_null(mg_preset_load(preset_path, &error));
    assert_non_null(error);
    g_clear_error(&error);
    unlink(preset_path);
    assert_int_equal(mkdir(preset_path, 0700), 0);
    assert_null(mg_preset_load(preset_path, &error));
    assert_non_null(error);
    g_clear_error(&error);
    rmdir(preset_path);
}

static int
set_up(void **state)
{
    (void)state;
    struct mg_shape shape = {.lowest_note = 40,
                             .notes = 40,
                             .steps_per_quarter = 2,
                             .time_layers = 1,
                             .time_units = {4},
                             .note_layers = 1,
                             .note_units = {4}};
    if (!mkdtemp(folder))
        return -1;
    g_setenv("XDG_DATA_HOME", folder, TRUE); // read once, before GLib asks for it
    char *data = g_build_filename(folder, "musicguru", NULL);
    g_mkdir(data, 0700);
    preset_path = g_build_filename(data, "p.preset", NULL);
    model_path = g_build_filename(data, "m.safetensors", NULL);
    g_free(data);
    struct mg_model *model = mg_model_create(&shape, NULL);
    mg_model_randomize(model, 1);
    GBytes *bytes = mg_model_encode(model);
    gsize length = 0;
    const void *content = g_bytes_get_data(bytes, &length);
    int code = mg_file_write(model_path, content, length, NULL);
    g_bytes_unref(bytes);
    mg_model_destroy(model);
    return code;
}

static int
tear_down(void **state)
{
    (void)state;
    char *data = g_path_get_dirname(model_path);
    unlink(model_path);
    unlink(preset_path);
    rmdir(data);
    g_free(data);
    g_free(model_path);
    g_free(preset_path);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_keys),  cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_by_name),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_odd_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
