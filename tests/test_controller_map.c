// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The user's own controllers: read, bound, learned; and what is wrong with a file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/controller_map.h"
#include "io/file.h"

static char folder[] = "/tmp/mg-map-XXXXXX";
static char *map_path; // FOLDER/musicguru/controllers, its folder not there at first

static void
write_map(const char *text)
{
    assert_int_equal(mg_file_write(map_path, text, strlen(text), NULL), 0);
}

static char *
read_map(void)
{
    char *text = NULL;
    assert_true(g_file_get_contents(map_path, &text, NULL, NULL));
    return text;
}

static void
learn(enum mg_control control, int channel, int controller)
{
    GError *error = NULL;
    struct mg_binding binding = {control, channel, controller};
    assert_int_equal(mg_controller_map_store(map_path, &binding, &error), 0);
}

static void
test_learn(void **state)
{
    (void)state;
    GError *error = NULL;
    struct mg_controller_map map = {.count = 9};
    char *path = mg_controller_map_path();
    assert_string_equal(path, map_path);
    g_free(path);
    assert_int_equal(mg_controller_map_load(map_path, &map, &error), 0);
    assert_int_equal(map.count, 0); // no file
    learn(MG_CONTROL_DENSITY, -1, 71);
    learn(MG_CONTROL_SWING, 15, 71);
    learn(MG_CONTROL_PANIC, -1, 119);
    learn(MG_CONTROL_DENSITY, -1, 72); // anew
    assert_int_equal(mg_controller_map_load(map_path, &map, &error), 0);
    static const struct mg_binding BINDINGS[] = {{MG_CONTROL_DENSITY, -1, 72},
                                                 {MG_CONTROL_SWING, 15, 71},
                                                 {MG_CONTROL_PANIC, -1, 119}};
    assert_int_equal(map.count, 3);
    assert_memory_equal(map.bindings, BINDINGS, sizeof BINDINGS);
}

// The map in memory is what the file says: one control for a controller.
static void
test_learn_takes_over(void **state)
{
    (void)state;
    struct mg_controller_map map = {0}, loaded;
    static const struct mg_binding LEARNT[] = {{MG_CONTROL_FILL, -1, 20},
                                               {MG_CONTROL_TEMPERATURE, -1, 30},
                                               {MG_CONTROL_SWING, 2, 30},
                                               {MG_CONTROL_FILL, -1, 30}};
    write_map("");
    for (size_t i = 0; i < sizeof LEARNT / sizeof LEARNT[0]; i++) {
        learn(LEARNT[i].control, LEARNT[i].channel, LEARNT[i].controller);
        mg_controller_map_add(&map, &LEARNT[i]);
    }
    assert_int_equal(mg_controller_map_load(map_path, &loaded, NULL), 0);
    assert_int_equal(map.count, 2);
    assert_int_equal(loaded.count, 2);
    struct mg_controls ours, theirs;
    mg_controls_init(&ours);
    mg_controls_init(&theirs);
    mg_controller_map_apply(&map, &ours);
    mg_controller_map_apply(&loaded, &theirs);
    assert_int_equal(mg_controls_turn(&ours, 0, 30, 1), MG_CONTROL_FILL);
    assert_int_equal(mg_controls_turn(&theirs, 0, 30, 1), MG_CONTROL_FILL);
    assert_int_equal(mg_controls_turn(&ours, 2, 30, 1), MG_CONTROL_SWING);
}

// What a person wrote stays, but for the other control on the same controller.
static void
test_learn_keeps(void **state)
{
    (void)state;
    write_map("# my knobs\n\n[controllers]\n# the big one\ntemperature=1\n"
              "density=71\nfill=71@2\nswing=73\n");
    learn(MG_CONTROL_ACCENT, -1, 71);
    char *text = read_map();
    assert_string_equal(text, "# my knobs\n\n[controllers]\n# the big one\n"
                              "temperature=1\nfill=71@2\nswing=73\naccent=71\n");
    g_free(text);
    write_map("# nothing yet\n");
    learn(MG_CONTROL_MUTE, 0, 0);
    text = read_map();
    assert_non_null(strstr(text, "# nothing yet\n"));
    assert_non_null(strstr(text, "[controllers]\nmute=0@1\n"));
    g_free(text);
}

// One channel stands over all of them, and the user's map over the preset's.
static void
test_apply(void **state)
{
    (void)state;
    GError *error = NULL;
    struct mg_controls controls;
    struct mg_controller_map preset = {.count = 2,
                                       .bindings = {{MG_CONTROL_VELOCITY, -1, 71},
                                                    {MG_CONTROL_TOUCH, -1, 72}}};
    struct mg_controller_map own;
    write_map("[controllers]\nswing=71@3\ndensity=71\n");
    assert_int_equal(mg_controller_map_load(map_path, &own, &error), 0);
    mg_controls_init(&controls);
    mg_controller_map_apply(&preset, &controls);
    mg_controller_map_apply(&own, &controls);
    assert_int_equal(mg_controls_turn(&controls, 0, 71, 1), MG_CONTROL_DENSITY);
    assert_int_equal(mg_controls_turn(&controls, 2, 71, 1), MG_CONTROL_SWING);
    assert_int_equal(mg_controls_turn(&controls, 2, 72, 1), MG_CONTROL_TOUCH);
}

// What stands on the disk is neither read nor replaced.
static void
assert_refused(const char *named)
{
    GError *error = NULL;
    struct mg_controller_map map;
    assert_true(mg_controller_map_load(map_path, &map, &error) < 0);
    assert_non_null(error);
    if (!strstr(error->message, named) || !strstr(error->message, map_path) ||
        strchr(error->message, '\n') || strlen(error->message) > 500)
        fail_msg("'%s' does not name '%s'", error->message, named);
    g_error_free(error);
}

static void
assert_kept(void)
{
    GError *error = NULL;
    struct mg_binding binding = {MG_CONTROL_FILL, -1, 20};
    assert_true(mg_controller_map_store(map_path, &binding, &error) < 0);
    assert_non_null(error);
    g_error_free(error);
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const FILES[][2] = {
        {"[controllers]\nvolume=7\n", "[controllers] volume: no such control"},
        {"[controllers]\nfill=64\n", "[controllers] fill: '64'"},
        {"[controllers]\nfill=120\n", "[controllers] fill: '120'"},
        {"[controllers]\nfill=1e999\n", "[controllers] fill: '1e999'"},
        {"[controllers]\nfill=nan@nan\n", "[controllers] fill: 'nan@nan'"},
        {"[controllers]\nfill=7@17\n", "[controllers] fill: '7@17'"},
        {"[controllers]\nfill=\xff\n", "[controllers] fill:"},
        {"[controllers]\nfill=99999999999999999999\n", "[controllers] fill:"},
        {"[controls]\nfill=7\n", "[controls]: no such group"},
        {"fill=7\n", "controllers: "},
        {"\x7f"
         "ELF",
         "controllers: "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        write_map(FILES[i][0]);
        assert_refused(FILES[i][1]);
    }
    assert_kept(); // the last one is no key file
    char *text = read_map();
    assert_string_equal(text, "\x7f"
                              "ELF");
    g_free(text);
}

static void
test_odd_files(void **state)
{
    (void)state;
    char *huge = g_strnfill(1 << 20, 'x');
    write_map(huge);
    assert_refused("is too large");
    assert_kept();
    g_free(huge);
    unlink(map_path);
    assert_int_equal(mkfifo(map_path, 0600), 0); // must not block
    assert_refused("is not a regular file");
    assert_kept();
    unlink(map_path);
    assert_int_equal(mkdir(map_path, 0700), 0);
    assert_refused("is a folder");
    assert_kept();
    rmdir(map_path);
}

static int
set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    g_setenv("XDG_CONFIG_HOME", folder, TRUE); // read once, before GLib asks for it
    map_path = g_build_filename(folder, "musicguru", "controllers", NULL);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    char *data = g_path_get_dirname(map_path);
    unlink(map_path);
    rmdir(data);
    g_free(data);
    g_free(map_path);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learn),
        cmocka_unit_test(test_learn_keeps),
        cmocka_unit_test(test_learn_takes_over),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_odd_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
