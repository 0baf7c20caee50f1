// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-play: the instrument, on JACK, on the sound card, or into files.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/learning.h"
#include "engine/live.h"
#include "engine/play_options.h"
#include "engine/playlist.h"
#include "engine/report.h"
#include "io/driver.h"
#include "io/file.h"
#include "io/offline.h"
#include "io/program.h"

enum {
    FILE_RATE_HZ = 48000,
    FILE_SECONDS = 30,
};

// One performance.
struct player {
    const struct mg_play_options *arguments;
    struct mg_playlist list;
    struct mg_learning learning;
    struct mg_preset *preset; // the first one
    struct mg_instrument_options options;
    struct mg_ledger *ledger; // NULL: the instrument's own
    int left;                 // notes of an earlier life that are to be ended
    bool is_left;             // notes were sounding when the server went away
    struct mg_instrument *instrument;
    struct mg_driver_config config;
    struct mg_driver *driver;
    char **connect; // what the driver was opened again with
    const char *driver_name;
    struct mg_driver_status status;
    bool memory_is_locked;
    struct mg_live live;
};

// --- live ----------------------------------------------------------------------------

static uint64_t
seed_of(const struct player *player)
{
    const struct mg_preset *preset = player->preset;
    return preset->seed >= 0 ? (uint64_t)preset->seed : player->options.scene.seed;
}

static int
print_report(const struct player *player)
{
    struct mg_report report = {.preset = player->preset->name,
                               .driver = player->driver_name,
                               .seed = seed_of(player),
                               .xruns = player->status.xruns,
                               .failed_out = player->status.failed_out,
                               .ignored_in = player->status.ignored_in,
                               .longest_cycle_us = player->status.longest_us,
                               .rate_hz = player->status.rate_hz,
                               .latency_frames = player->status.latency_frames,
                               .instrument = player->instrument};
    if (player->arguments->json) {
        char *json = mg_report_json(&report);
        if (!json)
            return mg_program_fail("not enough memory for the figures");
        puts(json);
        free(json);
    } else {
        char *text = mg_report_text(&report);
        puts(text);
        g_free(text);
    }
    return MG_PROGRAM_DONE;
}

static int
save_take(const struct player *player, const char *path, uint32_t rate_hz)
{
    struct mg_instrument *instrument = player->instrument;
    GError *error = NULL;
    if (!instrument->recorder || !path ||
        rate_hz == 0) // no server came: nothing played
        return MG_PROGRAM_DONE;
    uint64_t frames = mg_count_get(&instrument->rt->counters.frames);
    int left_out = 0;
    if (mg_recorder_save(instrument->recorder, path, frames, rate_hz, &left_out,
                         &error) != 0)
        return mg_program_fail_error(error);
    if (left_out)
        fprintf(stderr, "mg-play: %s: too long for a MIDI file; %d notes left out\n",
                path, left_out);
    return MG_PROGRAM_DONE;
}

// The take comes first: what a hanging close leaves behind ends with the process.
static int
end_live(struct player *player)
{
    mg_live_quiet(&player->live);
    mg_live_status(&player->live, &player->status);
    player->status.name = NULL; // the driver's
    int status = save_take(player, player->arguments->record, player->status.rate_hz);
    int closed = mg_live_close(&player->live);
    mg_instrument_stop(player->instrument);
    if (print_report(player) != MG_PROGRAM_DONE)
        status = MG_PROGRAM_COULD_NOT;
    if (player->live.lost)
        status = mg_program_fail("the %s server or sound card went away",
                                 player->driver_name);
    if (closed == 0)
        return status;
    _exit(mg_program_end(status));
}

// Somebody listens again: what an earlier life, or an earlier server, left sounding there
// is ended.
static void
end_left(struct player *player)
{
    struct mg_driver_status status;
    mg_live_status(&player->live, &status);
    if (!status.is_connected)
        return;
    mg_rt_command(player->instrument->rt, MG_RT_INHERIT);
    if (player->left)
        fprintf(stderr, "mg-play: ending %d notes of an earlier run\n", player->left);
    player->left = 0;
    player->is_left = false;
}

// Now and then while it plays: what the player wishes and teaches.
static void
tend(void *context)
{
    struct player *player = context;
    GError *error = NULL;
    mg_instrument_tend(player->instrument);
    if (player->left || player->is_left)
        end_left(player);
    char *name = mg_playlist_tend(&player->list, player->instrument, &error);
    if (name)
        fprintf(stderr, "mg-play: next: %s\n", name);
    else if (error)
        mg_program_fail_error(error); // and the old one plays on
    error = NULL;
    char *line = mg_learning_tend(&player->learning, player->instrument, &error);
    const char *wanted = mg_learning_wants(&player->learning);
    if (error)
        mg_program_fail_error(error);
    if (line) {
        printf("%s\n", line);
        fflush(stdout);
        fprintf(stderr, "mg-play: %s stands in %s%s%s\n", line, player->learning.path,
                wanted ? "; now move the controller of " : "", wanted ? wanted : "");
    }
    g_free(name);
    g_free(line);
}

static void
print_start(struct player *player)
{
    const struct mg_driver_status *status = &player->status;
    mg_live_wait_first_cycle(&player->live);
    mg_live_status(&player->live, &player->status);
    fprintf(stderr,
            "mg-play: %s on %s as %s, %u Hz, seed %" G_GUINT64_FORMAT ", %s, %s\n",
            player->preset->name, player->driver_name, status->name, status->rate_hz,
            seed_of(player), status->priority ? "real-time" : "no real-time priority",
            player->memory_is_locked ? "memory locked" : "memory not locked");
}

static void
on_event(void *context, enum mg_live_event event)
{
    struct player *player = context;
    switch (event) {
    case MG_LIVE_LOST:
        fputs("mg-play: the JACK server went away; waiting for it\n", stderr);
        break;
    case MG_LIVE_BACK:
        player->is_left = true;
        print_start(player);
        break;
    case MG_LIVE_SAVE:
        mg_live_status(&player->live, &player->status);
        save_take(player, player->arguments->record, player->status.rate_hz);
        break;
    }
}

// A mg_reconnect_fn: on a thread of its own, while main does without a driver.
static int
open_jack_again(void *context, char *const *connections, struct mg_driver **driver)
{
    struct player *player = context;
    // Those asked for that were made and taken away since are not made again.
    if (connections) {
        g_strfreev(player->connect);
        player->connect = g_strdupv((char **)connections);
        player->config.connect = player->connect;
    }
    int code = mg_jack_open(&player->config, driver, NULL);
    if (code != 0)
        return code;
    player->memory_is_locked = mg_live_lock_memory();
    // No cycle runs now: the last driver is closed, and this one not started.
    mg_ledger_inherit(player->instrument->rt->config.ledger);
    mg_rt_command(player->instrument->rt, MG_RT_PANIC);
    code = mg_driver_start(*driver, NULL);
    if (code != 0)
        mg_driver_close(*driver);
    return code;
}

static int
play_live(struct player *player)
{
    const char *wanted = mg_learning_wants(&player->learning);
    player->live.tend = tend;
    player->live.on_event = on_event;
    if (strcmp(player->driver_name, "jack") == 0)
        player->live.open = open_jack_again;
    player->live.context = player;
    player->live.instrument = player->instrument;
    player->live.driver = player->driver;
    player->live.seconds = player->arguments->duration;
    if (player->driver)
        print_start(player);
    else
        fputs("mg-play: no JACK server yet; waiting for it\n", stderr);
    if (wanted)
        fprintf(stderr, "mg-play: move the controller of %s\n", wanted);
    mg_live_play(&player->live);
    return end_live(player);
}

// --- into files ----------------------------------------------------------------------

// What the synth can render, where a WAV file is wanted.
static double
file_seconds(const struct mg_play_options *arguments, bool wav)
{
    double seconds = arguments->duration > 0.0 ? arguments->duration : FILE_SECONDS;
    double fits = CLAMP(seconds, 1.0, (double)MG_SYNTH_SECONDS_MAX);
    if (!wav || (seconds >= fits && seconds <= fits))
        return seconds;
    fprintf(stderr, "mg-play: --duration: into a file %g seconds, not %g\n", fits,
            seconds);
    return fits;
}

// Plays, and writes *wav if it is not NULL.  Without a synth it plays all the same,
// says so and sets *wav to NULL.
static int
render(struct player *player, double seconds, const char **wav)
{
    const struct mg_counters *counters = &player->instrument->rt->counters;
    const struct mg_offline offline = {.config = &player->config,
                                       .frames = (uint64_t)(seconds * FILE_RATE_HZ)};
    GError *error = NULL;
    if (*wav && mg_synth_render(&player->config, seconds, *wav, &error) == 0)
        return MG_PROGRAM_DONE;
    if (*wav && mg_count_get(&counters->cycles) > 0)
        return mg_program_fail_error(error); // it has played, and cannot write
    if (*wav)
        fprintf(stderr, "mg-play: no %s: %s\n", *wav, error->message);
    g_clear_error(&error);
    *wav = NULL;
    if (mg_offline_run(&offline) != 0)
        return mg_program_fail("not enough memory");
    return MG_PROGRAM_DONE;
}

// A file that cannot be written is noticed before the music, not after it.
static int
check_output(const struct player *player, const char *path)
{
    GError *error = NULL;
    int code = mg_file_check_output(path, player->arguments->presets, &error);
    return code == 0 ? MG_PROGRAM_GO_ON : mg_program_fail_error(error);
}

static int
play_offline(struct player *player, const char *wav)
{
    const struct mg_play_options *arguments = player->arguments;
    const char *midi = arguments->record ? arguments->record : "take.mid";
    double seconds = file_seconds(arguments, wav);
    player->driver_name = "offline";
    player->status.rate_hz = FILE_RATE_HZ;
    int status = check_output(player, midi);
    if (status == MG_PROGRAM_GO_ON && wav)
        status = check_output(player, wav);
    if (status != MG_PROGRAM_GO_ON)
        return status;
    int rendered = render(player, seconds, &wav);
    mg_instrument_end(player->instrument, FILE_RATE_HZ);
    int saved = save_take(player, midi, FILE_RATE_HZ);
    if (rendered != MG_PROGRAM_DONE || saved != MG_PROGRAM_DONE)
        return MG_PROGRAM_COULD_NOT;
    fprintf(stderr, "mg-play: %g seconds in %s%s%s, seed %" G_GUINT64_FORMAT "\n",
            seconds, midi, wav ? " and " : "", wav ? wav : "", seed_of(player));
    return print_report(player);
}

// --- choosing ------------------------------------------------------------------------

// Opens and starts a driver.  Returns 0 or -errno.
static int
try_driver(struct player *player, const char *name, GError **error)
{
    bool is_synth = strcmp(name, "synth") == 0;
    player->driver_name = name;
    int code = strcmp(name, "alsa") == 0
                   ? mg_alsa_open(&player->config, &player->driver, error)
               : is_synth ? mg_synth_open(&player->config, &player->driver, error)
                          : mg_jack_open(&player->config, &player->driver, error);
    if (code != 0)
        return code;
    player->memory_is_locked = mg_live_lock_memory();
    // Until here a signal ends the program at once, for a sound system may take its
    // time to answer; but notes that went out to others are to be ended.
    if (!is_synth)
        mg_live_take_signals();
    code = mg_driver_start(player->driver, error);
    if (code == 0) {
        mg_live_take_signals();
        return 0;
    }
    mg_driver_close(player->driver);
    player->driver = NULL;
    return code;
}

// Starts the driver asked for.  Without one asked for: JACK where a server answers,
// else the sound card where there is one, else player->driver stays NULL, as it does
// where a server is to be waited for; any other error is the user's to mend.  Returns
// MG_PROGRAM_GO_ON or the exit status.
static int
choose_driver(struct player *player)
{
    const char *asked = player->arguments->driver;
    GError *error = NULL;
    int code = try_driver(player, asked ? asked : "jack", &error);
    if (code == -ECONNREFUSED && player->arguments->wait) {
        g_error_free(error);
        mg_live_take_signals();
        return MG_PROGRAM_GO_ON;
    }
    // The others have no input to hear a clock from.
    bool is_clocked = player->arguments->clock_in || player->arguments->clock_out;
    if (code == -ECONNREFUSED && !asked && !is_clocked) {
        g_clear_error(&error);
        code = try_driver(player, "synth", &error);
    }
    if (code == 0)
        return MG_PROGRAM_GO_ON;
    if (asked || is_clocked || (code != -ENODEV && code != -ENOTSUP && code != -ENOENT))
        return mg_program_fail_error(error);
    fprintf(stderr, "mg-play: no JACK server; %s; playing into files instead\n",
            error->message);
    g_error_free(error);
    return MG_PROGRAM_GO_ON;
}

// An instrument, in place of the one before.  It records only where a file is to be
// written: an installation plays for months.
static int
make_instrument(struct player *player, bool record)
{
    const struct mg_play_options *arguments = player->arguments;
    GError *error = NULL;
    mg_instrument_destroy(player->instrument);
    player->options.record = record;
    player->instrument = mg_instrument_create(player->preset, &player->options, &error);
    if (!player->instrument)
        return mg_program_fail_error(error);
    player->config = (struct mg_driver_config){
        .name = arguments->name,
        .connect = arguments->connect,
        .run = mg_rt_run,
        .ready = mg_rt_ready,
        .context = player->instrument->rt,
        .timebase = {.is_wanted = arguments->timebase,
                     .bpm = player->preset->bpm,
                     .beats_per_bar = player->preset->beats_per_bar,
                     .beat_type = player->preset->beat_type},
        .start_transport = arguments->start,
        .lost = mg_live_on_lost,
        .work = mg_instrument_work,
        .work_context = player->instrument,
        .soundfont = arguments->soundfont,
        .program = (int)player->preset->program,
        .rate_hz = FILE_RATE_HZ,
    };
    return MG_PROGRAM_GO_ON;
}

// Notes that go out to others outlive the process that struck them.
static void
open_ledger(struct player *player)
{
    GError *error = NULL;
    player->ledger = mg_ledger_open(player->arguments->name, &error);
    if (player->ledger) {
        player->left = mg_ledger_inherit(player->ledger);
    } else {
        fprintf(stderr, "mg-play: after a crash notes may hang: %s\n", error->message);
        g_error_free(error);
    }
    player->options.ledger = player->ledger;
}

static int
perform(struct player *player)
{
    const char *asked = player->arguments->driver;
    GError *error = NULL;
    bool offline = asked && strcmp(asked, "offline") == 0;
    if (!asked || strcmp(asked, "jack") == 0 || strcmp(asked, "alsa") == 0)
        open_ledger(player);
    int status = make_instrument(player, offline || player->arguments->record);
    if (status != MG_PROGRAM_GO_ON)
        return status;
    if (offline)
        return play_offline(player, NULL);
    if (player->arguments->record)
        status = check_output(player, player->arguments->record);
    if (status != MG_PROGRAM_GO_ON)
        return status;
    if (mg_live_init(&player->live, &error) != 0 ||
        mg_instrument_start(player->instrument, &error) != 0)
        return mg_program_fail_error(error);
    status = choose_driver(player);
    if (status != MG_PROGRAM_GO_ON)
        return status;
    if (player->driver || player->arguments->wait)
        return play_live(player);
    status = make_instrument(player, true);
    return status == MG_PROGRAM_GO_ON ? play_offline(player, "take.wav") : status;
}

static struct mg_instrument_options
options_of(const struct mg_play_options *arguments)
{
    return (struct mg_instrument_options){
        .scene = {.seed = (uint64_t)g_random_int() << 20 ^ g_random_int(),
                  .repeatable = arguments->repeatable,
                  .follows = arguments->follow,
                  .lowest_alone = arguments->split},
        .thru = arguments->thru,
        .free_run = arguments->free_run,
        .clock_in = arguments->clock_in,
        .clock_out = arguments->clock_out,
    };
}

static int
run(const struct mg_play_options *arguments)
{
    GError *error = NULL;
    struct mg_controller_map map;
    char *map_path = mg_controller_map_path();
    struct player player = {
        .arguments = arguments,
        .options = options_of(arguments),
        .list = {.names = arguments->presets, .overrides = &arguments->overrides},
        .learning = {.names = arguments->learn, .map = &map, .path = map_path},
    };
    int status = MG_PROGRAM_COULD_NOT;
    if (mg_overrides_network(&arguments->overrides, &player.options, &error) == 0 &&
        mg_controller_map_load(map_path, &map, &error) == 0) {
        player.options.scene.map = &map;
        player.preset = mg_playlist_load(&player.list, &error);
    }
    if (player.preset) {
        status = perform(&player);
    } else if (error->domain == G_OPTION_ERROR) {
        status = mg_program_usage("%s", error->message);
        g_error_free(error);
    } else {
        status = mg_program_fail_error(error);
    }
    mg_instrument_destroy(player.instrument);
    mg_ledger_close(player.ledger);
    g_strfreev(player.connect);
    mg_preset_destroy(player.preset);
    g_free(map_path);
    return status;
}

int
main(int argc, char **argv)
{
    struct mg_play_options arguments = {0};
    int status = mg_play_options_parse(&argc, &argv, &arguments);
    if (status == MG_PROGRAM_GO_ON)
        status = run(&arguments);
    mg_play_options_finish(&arguments);
    return mg_program_end(status);
}
