// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The instrument: wiring, no more.
#include "engine/instrument.h"

#include <errno.h>

enum { RETIRED = 2 }; // one scene at a time

// In freewheel: the composer's thread, or without one its work done here.
static bool
wait_for_decision(void *context)
{
    struct mg_instrument *instrument = context;
    if (instrument->thread)
        return mg_composer_thread_wait(instrument->thread);
    return mg_composer_work(instrument->composer);
}

static struct mg_rt *
create_rt(struct mg_instrument *instrument, const struct mg_instrument_options *options)
{
    mg_ledger_init(&instrument->own_ledger);
    struct mg_rt_config config = {
        .scene = instrument->scene,
        .thru = options->thru,
        .free_run = options->free_run,
        .clock_in = options->clock_in,
        .clock_out = options->clock_out,
        .record = options->record,
        .ledger = options->ledger ? options->ledger : &instrument->own_ledger,
        .wait = wait_for_decision,
        .wait_context = instrument,
    };
    return mg_rt_create(&config);
}

struct mg_instrument *
mg_instrument_create(const struct mg_preset *preset,
                     const struct mg_instrument_options *options, GError **error)
{
    struct mg_instrument *instrument = g_new0(struct mg_instrument, 1);
    instrument->scene_options = options->scene;
    if (options->threads > 1)
        instrument->pair = mg_pair_create(); // one thread does as well, if slower
    if (instrument->pair)
        instrument->scene_options.network.pair =
            (struct mg_network_pair){.run = mg_pair_run, .self = instrument->pair};
    instrument->scene = mg_scene_create(preset, &instrument->scene_options, error);
    if (!instrument->scene)
        goto fail;
    instrument->rt = create_rt(instrument, options);
    if (!instrument->rt ||
        mg_ring_init(&instrument->retired, sizeof(struct mg_scene *), RETIRED) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        goto fail;
    }
    instrument->composer =
        mg_composer_create(&instrument->rt->requests, &instrument->rt->decisions,
                           &instrument->retired);
    if (options->record)
        instrument->recorder =
            mg_recorder_create(instrument->scene->bpm, &instrument->rt->played);
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
    mg_ring_finish(&instrument->retired);
    mg_scene_destroy(instrument->scene);
    mg_scene_destroy(instrument->next);
    mg_pair_destroy(instrument->pair);
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
mg_instrument_set_below(struct mg_instrument *instrument, int sound)
{
    if (instrument->thread)
        mg_composer_thread_set_below(instrument->thread, sound);
    if (instrument->pair)
        mg_pair_set_below(instrument->pair, sound);
}

void
mg_instrument_stop(struct mg_instrument *instrument)
{
    mg_composer_thread_stop(instrument->thread);
    instrument->thread = NULL;
}

bool
mg_instrument_is_changing(const struct mg_instrument *instrument)
{
    return instrument->next != NULL;
}

int
mg_instrument_change(struct mg_instrument *instrument, const struct mg_preset *preset,
                     GError **error)
{
    if (mg_instrument_is_changing(instrument)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                    "the preset before has not begun yet");
        return -EBUSY;
    }
    instrument->next = mg_scene_create(preset, &instrument->scene_options, error);
    if (!instrument->next)
        return -ENOMEM;
    mg_rt_offer(instrument->rt, instrument->next);
    return 0;
}

int
mg_instrument_bind(struct mg_instrument *instrument, const struct mg_binding *binding)
{
    struct mg_scene *scenes[] = {instrument->scene, instrument->next};
    int code = 0;
    for (int i = 0; i < 2 && code == 0; i++)
        if (scenes[i])
            code = mg_controls_bind(&scenes[i]->controls, binding->control,
                                    binding->channel, binding->controller);
    return code;
}

void
mg_instrument_tend(struct mg_instrument *instrument)
{
    struct mg_scene *over;
    if (instrument->recorder)
        mg_recorder_drain(instrument->recorder);
    while (mg_ring_pop(&instrument->retired, &over)) {
        mg_scene_destroy(over);
        instrument->scene = instrument->next;
        instrument->next = NULL;
    }
}

bool
mg_instrument_work(void *context)
{
    struct mg_instrument *instrument = context;
    mg_composer_work(instrument->composer);
    mg_instrument_tend(instrument);
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
    mg_instrument_tend(instrument);
    g_free(out);
}
