// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The instrument: wiring, no more.
#include "engine/instrument.h"

#include <errno.h>
#include <math.h>
#include <string.h>

// In freewheel: the composer's thread, or without one its work done here.
static bool
wait_for_decision(void *context)
{
    struct mg_instrument *instrument = context;
    if (instrument->thread)
        return mg_composer_thread_wait(instrument->thread);
    return mg_composer_work(instrument->composer);
}

struct mg_instrument_options
mg_instrument_defaults(const struct mg_preset *preset, uint64_t seed)
{
    struct mg_instrument_options options = {
        .bpm = preset->bpm,
        .seed = preset->seed >= 0 ? (uint64_t)preset->seed : seed,
    };
    memcpy(options.control, preset->control, sizeof options.control);
    return options;
}

static struct mg_rt *
create_rt(struct mg_instrument *instrument, const struct mg_preset *preset,
          const struct mg_instrument_options *options)
{
    struct mg_rt_config config = {
        .steps_per_quarter = preset->model->layout.shape.steps_per_quarter,
        .bpm = options->bpm,
        .channel = (int)preset->channel - 1,
        .velocity = (int)options->control[MG_CONTROL_VELOCITY],
        .thru = options->thru,
        .free_run = options->free_run,
        .record = options->record,
        .wait = wait_for_decision,
        .wait_context = instrument,
    };
    return mg_rt_create(&config);
}

static struct mg_composer *
create_composer(struct mg_instrument *instrument, const struct mg_preset *preset,
                const struct mg_instrument_options *options, GError **error)
{
    int spq = preset->model->layout.shape.steps_per_quarter;
    double longest = ceil((double)options->control[MG_CONTROL_LONGEST] * spq);
    struct mg_composer_config config = {
        .seed = options->seed,
        .temperature = options->control[MG_CONTROL_TEMPERATURE],
        .fill_below = (int)preset->fill_below,
        .longest_steps = longest > 1.0 ? (int)longest : 1,
        .prime = options->prime,
    };
    return mg_composer_create(preset->model, &config, &instrument->rt->requests,
                              &instrument->rt->decisions, error);
}

struct mg_instrument *
mg_instrument_create(const struct mg_preset *preset,
                     const struct mg_instrument_options *options, GError **error)
{
    struct mg_instrument *instrument = g_new0(struct mg_instrument, 1);
    instrument->rt = create_rt(instrument, preset, options);
    if (!instrument->rt) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        goto fail;
    }
    instrument->composer = create_composer(instrument, preset, options, error);
    if (!instrument->composer)
        goto fail;
    if (options->record)
        instrument->recorder =
            mg_recorder_create(options->bpm, &instrument->rt->played);
    return instrument;
fail:
    mg_instrument_destroy(instrument);
    return NULL;
}

void
mg_instrument_destroy(struct mg_instrument *instrument)
{
    if (!instrument)
        return;
    mg_instrument_stop(instrument);
    mg_recorder_destroy(instrument->recorder);
    mg_composer_destroy(instrument->composer);
    mg_rt_destroy(instrument->rt);
    g_free(instrument);
}

int
mg_instrument_start(struct mg_instrument *instrument, GError **error)
{
    instrument->thread =
        mg_composer_thread_start(instrument->composer, &instrument->rt->wake, error);
    return instrument->thread ? 0 : -EAGAIN;
}

void
mg_instrument_stop(struct mg_instrument *instrument)
{
    mg_composer_thread_stop(instrument->thread);
    instrument->thread = NULL;
}

bool
mg_instrument_work(void *context)
{
    struct mg_instrument *instrument = context;
    mg_composer_work(instrument->composer);
    if (instrument->recorder)
        mg_recorder_drain(instrument->recorder);
    return true;
}

void
mg_instrument_end(struct mg_instrument *instrument, uint32_t rate_hz)
{
    static const int EVENTS = MG_KEYS * (MG_CHANNELS + 1); // every note that can sound
    struct mg_midi_event *out = g_new(struct mg_midi_event, EVENTS);
    struct mg_cycle cycle = {
        .frames = 1, .rate_hz = rate_hz, .out = out, .out_capacity = EVENTS};
    mg_rt_command(instrument->rt, MG_RT_QUIT);
    mg_rt_run(instrument->rt, &cycle);
    if (instrument->recorder)
        mg_recorder_drain(instrument->recorder);
    g_free(out);
}
