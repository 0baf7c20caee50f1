// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The drivers that need no server: offline cycles, the synth into a file, and what is
// said where there is no server.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "io/file.h"
#include "io/offline.h"

// A player that strikes ten keys at full velocity at frame 0 and lets go after a
// second.
struct player {
    uint64_t cycles;
    uint64_t works;
    uint64_t works_max;
    uint64_t rolling_frames;
    bool in_order; // each cycle follows the last one, and work came before it
    bool struck;
    bool released;
};

static bool
work(void *context)
{
    struct player *player = context;
    return ++player->works <= player->works_max;
}

static void
chord(struct mg_cycle *cycle, uint8_t status, uint8_t velocity)
{
    static const uint8_t keys[] = {36, 43, 48, 52, 55, 60, 64, 67, 72, 76};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        cycle->out[cycle->out_count++] =
            (struct mg_midi_event){.size = 3, .data = {status, keys[i], velocity}};
}

static void
run(void *context, struct mg_cycle *cycle)
{
    struct player *player = context;
    player->cycles++;
    if (player->works != player->cycles || cycle->out_count != 0 ||
        cycle->transport.rolling != (player->cycles > 1) ||
        cycle->transport.frame != player->rolling_frames)
        player->in_order = false;
    if (!cycle->transport.rolling)
        return;
    if (!player->struck)
        chord(cycle, 0x90, 127);
    player->struck = true;
    player->rolling_frames += cycle->frames;
    if (!player->released && player->rolling_frames >= cycle->rate_hz) {
        chord(cycle, 0x80, 64);
        player->released = true;
    }
}

static struct mg_driver_config
config_for(struct player *player)
{
    *player = (struct player){.works_max = UINT64_MAX, .in_order = true};
    return (struct mg_driver_config){.name = "musicguru",
                                     .run = run,
                                     .context = player,
                                     .work = work,
                                     .work_context = player};
}

static void
test_offline_cycles(void **state)
{
    (void)state;
    struct player player;
    struct mg_driver_config config = config_for(&player);
    config.rate_hz = 44100;
    config.period_frames = 1000;
    struct mg_offline offline = {.config = &config, .frames = 44100};
    assert_int_equal(mg_offline_run(&offline), 0);
    assert_int_equal(player.cycles, 1 + 45); // the stopped one, 44 whole, one of 100
    assert_int_equal(player.rolling_frames, 44100);
    assert_true(player.in_order);
    assert_true(player.released);
}

static void
test_offline_ends_early(void **state)
{
    (void)state;
    struct player player;
    struct mg_driver_config config = config_for(&player);
    player.works_max = 7;
    struct mg_offline offline = {.config = &config, .frames = 48000};
    assert_int_equal(mg_offline_run(&offline), -ECANCELED);
    assert_int_equal(player.cycles, 7);
}

#ifdef MG_HAVE_FLUIDSYNTH
static int
sample(const uint8_t *bytes, uint64_t i)
{
    return (int16_t)(bytes[44 + 2 * i] | bytes[45 + 2 * i] << 8);
}

// The largest sample of seconds [from, to).
static int
peak(const uint8_t *bytes, double from, double to)
{
    int largest = 0;
    for (uint64_t i = (uint64_t)(from * 96000); i < (uint64_t)(to * 96000); i++)
        largest = MAX(largest, abs(sample(bytes, i)));
    return largest;
}

static void
test_render_is_music(void **state)
{
    (void)state;
    struct player player;
    struct mg_driver_config config = config_for(&player);
    g_autofree char *folder = g_dir_make_tmp("musicguru-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "take.wav", NULL);
    g_autoptr(GError) error = NULL;
    int rc = mg_synth_render(&config, 5, path, &error);
    if (rc == -ENOENT)
        skip(); // no soundfont installed
    assert_int_equal(rc, 0);
    GBytes *file = mg_file_read(path, 1 << 24, &error);
    assert_non_null(file);
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(file, &length);
    assert_int_equal(length, 44 + 5 * 48000 * 4);
    assert_memory_equal(bytes, "RIFF", 4);
    int loud = peak(bytes, 0, 1), quiet = peak(bytes, 4.5, 5);
    print_message("peak while sounding %d, 3.5 s after the release %d\n", loud, quiet);
    assert_in_range(loud, 8000, 32766); // the worst case: loud, and not clipped
    assert_true(quiet < loud / 100);    // and it dies away
    assert_true(player.in_order);
    g_bytes_unref(file);
    g_unlink(path);
    g_rmdir(folder);
}

static void
test_render_errors(void **state)
{
    (void)state;
    struct player player;
    struct mg_driver_config config = config_for(&player);
    GError *error = NULL;
    assert_int_equal(mg_synth_render(&config, 0.5, "x.wav", &error), -EINVAL);
    g_clear_error(&error);
    config.soundfont = "/nonexistent/font.sf2";
    assert_int_equal(mg_synth_render(&config, 1, "x.wav", &error), -ENOENT);
    assert_non_null(strstr(error->message, "/nonexistent/font.sf2"));
    g_clear_error(&error);
    config = config_for(&player);
    assert_true(mg_synth_render(&config, 1, "/nonexistent/x.wav", &error) < 0);
    assert_non_null(error);
    g_clear_error(&error);
}
#else
static void
test_render_left_out(void **state)
{
    (void)state;
    struct player player;
    struct mg_driver_config config = config_for(&player);
    g_autoptr(GError) error = NULL;
    assert_int_equal(mg_synth_render(&config, 5, "x.wav", &error), -ENOTSUP);
    assert_non_null(error);
}
#endif

static void
test_no_jack_server(void **state)
{
    (void)state;
    g_setenv("JACK_DEFAULT_SERVER", "musicguru-no-such-server", 1);
    struct player player;
    struct mg_driver_config config = config_for(&player);
    struct mg_driver *driver = NULL;
    g_autoptr(GError) error = NULL;
    assert_int_equal(mg_jack_open(&config, &driver, &error), -ECONNREFUSED);
    assert_null(driver);
    assert_non_null(strstr(error->message, "no server answers"));
    assert_null(strchr(error->message, '\n'));
    assert_int_equal(mg_driver_close(NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offline_cycles),
        cmocka_unit_test(test_offline_ends_early),
#ifdef MG_HAVE_FLUIDSYNTH
        cmocka_unit_test(test_render_is_music),
        cmocka_unit_test(test_render_errors),
#else
        cmocka_unit_test(test_render_left_out),
#endif
        cmocka_unit_test(test_no_jack_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
