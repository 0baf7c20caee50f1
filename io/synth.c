// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The synth driver: the embedded synth on the sound card, and into a WAV file.
#include "io/driver.h"

#include <errno.h>

#ifdef MG_HAVE_FLUIDSYNTH
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "io/alsa_quiet.h"
#include "io/driver_table.h"
#include "io/offline.h"
#include "io/synth_player.h"
#include "io/wav.h"

static int
fail(GError **error, int rc, GFileError code, const char *what)
{
    g_set_error(error, G_FILE_ERROR, (gint)code, "synth: %s", what);
    return rc;
}

// --- on the sound card ---------------------------------------------------------------

struct synth {
    struct mg_driver base;
    struct mg_synth_player player;
    fluid_audio_driver_t *audio; // NULL until started
    char output[16];             // the sound system in use

    atomic_ullong cycles;
    atomic_uint longest_us;
    atomic_int priority;

    // Main thread: how long the cycles have stood still.
    uint64_t cycles_seen;
    uint64_t served_us;
    uint64_t still_us;
    bool lost;

    // Audio thread only.
    uint64_t stopped_frames; // still to go before the transport rolls
    uint64_t frame;          // of the transport
    struct mg_midi_event out[MG_DRIVER_OUT_MAX];
};

// One cycle of at most a period.  Audio thread.
static void
run_cycle(struct synth *synth, uint32_t frames)
{
    const struct mg_driver_config *config = &synth->base.config;
    bool rolling = synth->stopped_frames == 0;
    struct mg_cycle cycle = {
        .frames = frames,
        .rate_hz = mg_driver_rate_hz(config),
        .transport.rolling = rolling,
        .transport.frame = (uint32_t)synth->frame, // wraps as JACK's does
        .out = synth->out,
        .out_capacity = MG_DRIVER_OUT_MAX,
    };
    config->run(config->context, &cycle);
    mg_synth_player_events(&synth->player, &cycle);
    if (rolling)
        synth->frame += frames;
    else
        synth->stopped_frames -= MIN(synth->stopped_frames, frames);
    if (atomic_load_explicit(&synth->cycles, memory_order_relaxed) == 0)
        atomic_store(&synth->priority, mg_driver_priority());
    atomic_fetch_add_explicit(&synth->cycles, 1, memory_order_release);
}

// Fills what the sound system asks for with cycles of a period.  Audio thread.
static int
fill(void *data, int frames, int effect_count, float *effects[], int out_count,
     float *out[])
{
    (void)effect_count;
    (void)effects;
    struct synth *synth = data;
    if (out_count < 2)
        return FLUID_FAILED;
    int64_t begun_us = g_get_monotonic_time();
    int period = (int)mg_driver_period_frames(&synth->base.config);
    bool closing = atomic_load_explicit(&synth->base.closing, memory_order_acquire);
    for (int done = 0, count; done < frames && !closing; done += count) {
        count = frames - done < period ? frames - done : period;
        run_cycle(synth, (uint32_t)count);
        mg_synth_player_sound(&synth->player, count, out[0] + done, out[1] + done);
    }
    unsigned took_us = (unsigned)(g_get_monotonic_time() - begun_us);
    if (took_us > atomic_load(&synth->longest_us))
        atomic_store(&synth->longest_us, took_us);
    return FLUID_OK;
}

// The sound systems worth trying, in this order, of those the library was built with.
static const char *const OUTPUTS[] = {"pipewire", "pulseaudio", "alsa"};

static void
mark_output(void *data, const char *name, const char *option)
{
    (void)name;
    bool *known = data;
    for (size_t i = 0; i < G_N_ELEMENTS(OUTPUTS); i++)
        known[i] = known[i] || strcmp(option, OUTPUTS[i]) == 0;
}

static int
start(struct mg_driver *driver, GError **error)
{
    struct synth *synth = (struct synth *)driver;
    bool known[G_N_ELEMENTS(OUTPUTS)] = {false};
    fluid_settings_t *settings = synth->player.settings;
    fluid_settings_foreach_option(settings, "audio.driver", known, mark_output);
    mg_alsa_set_quiet(true);
    for (size_t i = 0; i < G_N_ELEMENTS(OUTPUTS) && !synth->audio; i++) {
        if (!known[i])
            continue;
        fluid_settings_setstr(settings, "audio.driver", OUTPUTS[i]);
        synth->audio = new_fluid_audio_driver2(settings, fill, synth);
        g_strlcpy(synth->output, OUTPUTS[i], sizeof synth->output);
    }
    mg_alsa_set_quiet(false);
    if (!synth->audio)
        return fail(error, -ENODEV, G_FILE_ERROR_NODEV, "no sound card answers");
    return 0;
}

// A card that was pulled out, or a sound server that hangs, does not say so: no cycle
// comes any more.  Calls that are far apart count for little: the machine was asleep,
// or this process was stopped.
static void
service(struct mg_driver *driver)
{
    enum { STILL_US = 2000000, STEP_US = 200000 };
    struct synth *synth = (struct synth *)driver;
    uint64_t cycles = atomic_load(&synth->cycles),
             served_us = (uint64_t)g_get_monotonic_time();
    uint64_t passed_us = synth->served_us ? served_us - synth->served_us : 0;
    synth->served_us = served_us;
    synth->still_us += MIN(passed_us, STEP_US);
    if (cycles != synth->cycles_seen)
        synth->still_us = 0;
    synth->cycles_seen = cycles;
    if (synth->still_us < STILL_US || synth->lost)
        return;
    synth->lost = true;
    if (driver->config.lost)
        driver->config.lost(driver->config.lost_context);
}

static void
get_status(struct mg_driver *driver, struct mg_driver_status *status)
{
    struct synth *synth = (struct synth *)driver;
    *status = (struct mg_driver_status){
        .name = synth->output,
        .rate_hz = mg_driver_rate_hz(&driver->config),
        .period_frames = mg_driver_period_frames(&driver->config),
        .cycles = atomic_load_explicit(&synth->cycles, memory_order_acquire),
        .longest_us = atomic_load(&synth->longest_us),
        .priority = atomic_load(&synth->priority),
        .lost = synth->lost,
    };
}

// The library waits for its audio thread, which may be waiting for a card that is gone.
static void
finish(struct mg_driver *driver)
{
    struct synth *synth = (struct synth *)driver;
    if (synth->audio)
        delete_fluid_audio_driver(synth->audio);
    mg_synth_player_finish(&synth->player);
    free(synth);
}

static const struct mg_driver_table table = {
    .start = start,
    .service = service,
    .status = get_status,
    .finish = finish,
};

int
mg_synth_open(const struct mg_driver_config *config, struct mg_driver **driver,
              GError **error)
{
    struct synth *synth = mg_driver_allocate(sizeof *synth);
    if (!synth)
        return fail(error, -ENOMEM, G_FILE_ERROR_NOMEM, "no memory");
    synth->base = (struct mg_driver){.table = &table, .config = *config};
    // A quarter of a second: the first step is composed meanwhile.
    synth->stopped_frames = mg_driver_rate_hz(config) / 4;
    int rc = mg_synth_player_init(&synth->player, config, error);
    if (rc != 0) {
        free(synth);
        return rc;
    }
    *driver = &synth->base;
    return 0;
}

// --- into a file ---------------------------------------------------------------------

struct render {
    struct mg_synth_player player;
    struct mg_wav wav;
    float *left; // (period), zeroed before each use
    float *right;
};

static void
render_cycle(void *context, const struct mg_cycle *cycle)
{
    struct render *render = context;
    mg_synth_player_events(&render->player, cycle);
    if (!cycle->transport.rolling)
        return; // the stopped cycle before the music
    memset(render->left, 0, cycle->frames * sizeof *render->left);
    memset(render->right, 0, cycle->frames * sizeof *render->right);
    mg_synth_player_sound(&render->player, (int)cycle->frames, render->left,
                          render->right);
    mg_wav_add(&render->wav, render->left, render->right, cycle->frames);
}

static int
render_into(struct render *render, const struct mg_driver_config *config,
            double seconds, const char *wav_path, GError **error)
{
    uint32_t period = mg_driver_period_frames(config);
    render->left = calloc(period, sizeof *render->left);
    render->right = calloc(period, sizeof *render->right);
    if (!render->left || !render->right)
        return fail(error, -ENOMEM, G_FILE_ERROR_NOMEM, "no memory");
    struct mg_offline offline = {
        .config = config,
        .frames = (uint64_t)llround(seconds * mg_driver_rate_hz(config)),
        .sink = render_cycle,
        .sink_context = render,
    };
    int rc = mg_wav_init(&render->wav, mg_driver_rate_hz(config), offline.frames);
    if (rc == 0)
        rc = mg_offline_run(&offline);
    if (rc != 0)
        return fail(error, rc, G_FILE_ERROR_FAILED,
                    rc == -ENOMEM ? "no memory" : "the rendering was ended early");
    return mg_wav_save(&render->wav, wav_path, error);
}

int
mg_synth_render(const struct mg_driver_config *config, double seconds,
                const char *wav_path, GError **error)
{
    if (!(seconds >= 1 && seconds <= MG_SYNTH_SECONDS_MAX))
        return fail(error, -EINVAL, G_FILE_ERROR_INVAL,
                    "a rendering takes one second to half an hour");
    struct render render = {0};
    int rc = mg_synth_player_init(&render.player, config, error);
    if (rc == 0)
        rc = render_into(&render, config, seconds, wav_path, error);
    mg_wav_finish(&render.wav);
    free(render.left);
    free(render.right);
    mg_synth_player_finish(&render.player);
    return rc;
}

#else // without libfluidsynth

static int
left_out(GError **error)
{
    g_set_error(
        error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
        "synth: left out of this build; install libfluidsynth-dev and build again");
    return -ENOTSUP;
}

int
mg_synth_open(const struct mg_driver_config *config, struct mg_driver **driver,
              GError **error)
{
    (void)config;
    (void)driver;
    return left_out(error);
}

int
mg_synth_render(const struct mg_driver_config *config, double seconds,
                const char *wav_path, GError **error)
{
    (void)config;
    (void)seconds;
    (void)wav_path;
    return left_out(error);
}
#endif
