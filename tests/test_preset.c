// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Presets: what is read, where they are found, and one clear line for each thing wrong.
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
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
                 "velocity=64\nchannel=16\nprogram=127\nlongest_note=4\nrepeats=5\n"
                 "seed=9007199254740992\nmetre=6/8\ndensity=3.5\nfill=0.25\n"
                 "lowest=36\nhighest=96\naccent=9\ntouch=1\nswing=0.6\n"
                 "transpose=-12\nscale=dorian\nroot=Bb\nmute=on\n"
                 "[controllers]\ntemperature=1\ndensity = 71@16\npanic=3\n");
    GError *error = NULL;
    struct mg_preset *preset = mg_preset_load(preset_path, &error);
    assert_non_null(preset);
    assert_string_equal(preset->name, "Quiet");
    assert_string_equal(preset->description, "Slow chords");
    assert_string_equal(preset->model_path, model_path);
    assert_true(preset->bpm == 72.5);
    assert_true(preset->beats_per_bar == 6.0 && preset->beat_type == 8.0);
    assert_int_equal(preset->fill_below, 3);
    assert_int_equal(preset->channel, 16);
    assert_int_equal(preset->program, 127);
    assert_int_equal(preset->seed, 9007199254740992);
    assert_int_equal(preset->model->layout.shape.notes, 40);
    static const float CONTROLS[MG_CONTROL_COUNT] = {[MG_CONTROL_TEMPERATURE] = 0.9f,
                                                     [MG_CONTROL_DENSITY] = 3.5f,
                                                     [MG_CONTROL_FILL] = 0.25f,
                                                     [MG_CONTROL_LOWEST] = 36,
                                                     [MG_CONTROL_HIGHEST] = 96,
                                                     [MG_CONTROL_LONGEST] = 4,
                                                     [MG_CONTROL_REPEATS] = 5,
                                                     [MG_CONTROL_VELOCITY] = 64,
                                                     [MG_CONTROL_ACCENT] = 9,
                                                     [MG_CONTROL_TOUCH] = 1,
                                                     [MG_CONTROL_SWING] = 0.6f,
                                                     [MG_CONTROL_TRANSPOSE] = -12,
                                                     [MG_CONTROL_SCALE] = 5,
                                                     [MG_CONTROL_ROOT] = 10,
                                                     [MG_CONTROL_MUTE] = 1};
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        assert_float_equal(preset->control[i], CONTROLS[i], 0.0f);
    static const struct mg_binding BINDINGS[] = {{MG_CONTROL_TEMPERATURE, -1, 1},
                                                 {MG_CONTROL_DENSITY, 15, 71},
                                                 {MG_CONTROL_PANIC, -1, 3}};
    assert_int_equal(preset->controllers.count, 3);
    assert_memory_equal(preset->controllers.bindings, BINDINGS, sizeof BINDINGS);
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
    assert_true(preset->bpm == 120.0);
    assert_true(preset->beats_per_bar == 4.0 && preset->beat_type == 4.0);
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        assert_float_equal(preset->control[i], mg_control_table[i].initial, 0.0f);
    assert_int_equal(preset->controllers.count, 0);
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
        strchr(error->message, '\n') || strlen(error->message) > 500)
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
        "touch=1e999",    "touch=-nan",
        "swing=0,6",      "swing=0.8",
        "density=",       "density=-1",
        "transpose=25",   "transpose=1.5",
        "scale=Dorian",   "scale=16",
        "root=H",         "root=12",
        "mute=yes",       "panic=1",
        "next=1",         "velocity=80\\n90",
        "metre=4",        "metre=4/3",
        "metre=0/4",      "metre=33/4",
        "metre=4/4/4",    "metre=3.5/4",
        "metre=",         "metre=1e999/4",
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
    assert_refused("[preset]\nmodel=m.safetensors\nlowest=61\nhighest=60\n",
                   "[preset] lowest: 61");
    assert_refused("[preset]\nmodel=m.safetensors\nlowest=128\n", "0 to 127");
    assert_refused("[preset]\nmodel=m.safetensors\n[extra]\na=1\n", "[extra]");
    assert_refused("[preset]\ntempo=100\n", "[preset] model");
    assert_refused("[preset]\nmodel=absent.safetensors\n", "absent.safetensors");
    assert_refused("[preset]\nmodel=p.preset\n", "p.preset");
    assert_refused("", "[preset]");
    assert_refused("no key file\n", "p.preset");
    assert_refused("[preset]\nname=a\\nb\nmodel=m.safetensors\n", "[preset] name");
    assert_refused("[preset]\nname=\xff\xfe\nmodel=m.safetensors\n", "name");
}

static void
test_odd_files(void **state)
{
    (void)state;
    GError *error = NULL;
    char *huge = g_strnfill(1 << 20, 'x');
    assert_refused(huge, "p.preset");
    char *line = g_strnfill(30000, 'x'); // small enough to be read
    char *text = g_strconcat("[preset]\n", line, "=", line, "\n", NULL);
    assert_refused(text, "[preset] xxx");
    g_free(text);
    g_free(line);
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

static void
test_refused_controllers(void **state)
{
    (void)state;
    static const char *const BINDINGS[] = {
        "velocity=128",   "velocity=64",   "velocity=120",   "velocity=-1",
        "velocity=1@0",   "velocity=1@17", "velocity=1@",    "velocity=@1",
        "velocity=1@1@1", "velocity=",     "velocity=1e999", "velocity=1.0"};
    for (size_t i = 0; i < G_N_ELEMENTS(BINDINGS); i++) {
        char *text = g_strconcat("[preset]\nmodel=m.safetensors\n[controllers]\n",
                                 BINDINGS[i], "\n", NULL);
        assert_refused(text, "[controllers] velocity:");
        g_free(text);
    }
    assert_refused("[preset]\nmodel=m.safetensors\n[controllers]\nvolume=7\n",
                   "[controllers] volume");
}

// Whatever bytes are changed, it loads or says in one line what is wrong.
static void
test_damaged(void **state)
{
    (void)state;
    static const char TEXT[] =
        "# A comment\n[preset]\nname=Quiet\nmodel=m.safetensors\ntempo=72.5\n"
        "metre=6/8\nlowest=36\nscale=dorian\nmute=on\n[controllers]\n"
        "temperature=1\ndensity=71@16\n";
    static const char BYTES[] = "\0\n\r=[]#\\;\x80\xff .0e-@/";
    uint32_t random = 1;
    int loaded = 0;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof TEXT];
        GError *error = NULL;
        memcpy(text, TEXT, sizeof text);
        for (int i = 0; i <= round % 3; i++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 16) % (sizeof TEXT - 1)] =
                BYTES[(random >> 8) % (sizeof BYTES - 1)];
        }
        FILE *file = fopen(preset_path, "wb"); // not synced: there are many
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, sizeof text - 1, file), sizeof text - 1);
        assert_int_equal(fclose(file), 0);
        struct mg_preset *preset = mg_preset_load(preset_path, &error);
        assert_true(!preset == !!error);
        if (error && strchr(error->message, '\n'))
            fail_msg("more than one line: '%s'", error->message);
        loaded += preset != NULL;
        mg_preset_destroy(preset);
        g_clear_error(&error);
    }
    assert_in_range(loaded, 100, 3900);
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
        cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_controllers),
        cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
