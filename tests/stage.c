// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A stage for the real-time core.
#include "tests/stage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Exact size, not one event more: an overrun is seen by the address sanitizer.
static struct mg_midi_event *
make_out(int capacity)
{
    return malloc(sizeof(struct mg_midi_event) * (size_t)(capacity ? capacity : 1));
}

void
mg_stage_make_scene(struct mg_scene *scene, int steps_per_quarter, double bpm,
                    int channel)
{
    *scene = (struct mg_scene){.steps_per_quarter = steps_per_quarter,
                               .bpm = bpm,
                               .beats_per_bar = 4,
                               .beat_type = 4,
                               .channel = channel};
    mg_controls_init(&scene->controls);
    mg_control_set(&scene->controls, MG_CONTROL_VELOCITY, 80);
    mg_control_set(&scene->controls, MG_CONTROL_ACCENT, 0);
}

void
mg_stage_open(struct mg_stage *stage, const struct mg_rt_config *config,
              mg_stage_score *score)
{
    memset(stage, 0, sizeof *stage);
    mg_stage_make_scene(&stage->scene, 2, 240, 3);
    mg_ledger_init(&stage->ledger);
    struct mg_rt_config own = *config;
    own.scene = config->scene ? config->scene : &stage->scene;
    own.ledger = &stage->ledger;
    stage->rt = mg_rt_create(&own);
    assert(stage->rt);
    stage->frames = 64;
    stage->rate_hz = 48000;
    stage->score = score;
    stage->decided = -1;
    stage->out_capacity = MG_STAGE_EVENTS;
}

void
mg_stage_close(struct mg_stage *stage)
{
    mg_rt_destroy(stage->rt);
}

static void
decide(struct mg_stage *stage, int64_t step)
{
    struct mg_decision decision = {
        .generation = stage->generation, .revision = ++stage->revision, .step = step};
    stage->score(step, decision.cells);
    mg_ring_push(&stage->rt->decisions, &decision);
    stage->decided = step;
}

void
mg_stage_compose(struct mg_stage *stage)
{
    struct mg_request request;
    if (stage->asleep)
        return;
    while (mg_ring_pop(&stage->rt->requests, &request)) {
        if (request.type == MG_REQUEST_RETIRE)
            stage->retired = request.scene;
        else if (request.type != MG_REQUEST_HEARD)
            stage->asked = request.scene;
        if (request.type == MG_REQUEST_START) {
            stage->generation = request.generation;
            stage->start_step = request.step;
            stage->fresh = request.fresh;
            stage->starts++;
            decide(stage, request.step);
        } else if (request.type == MG_REQUEST_NEXT &&
                   request.generation == stage->generation) {
            decide(stage, request.step);
        }
    }
}

static void
hear(struct mg_stage *stage, const struct mg_midi_event *event)
{
    if (event->data[0] >= 0xf0) { // a MIDI clock
        stage->pulses += event->data[0] == 0xf8;
        return;
    }
    int channel = event->data[0] & 0x0f;
    uint8_t *sounds = &stage->sounds[channel][event->data[1] & 0x7f];
    bool on = (event->data[0] & 0xf0) == 0x90;
    bool off = (event->data[0] & 0xf0) == 0x80;
    bool sane = event->size == 3 && event->data[1] < 0x80 && event->data[2] < 0x80 &&
                (off || (on && event->data[2] > 0));
    if (!sane || *sounds != off) {
        stage->faults++;
        return;
    }
    *sounds = on;
    stage->sounding += on ? 1 : -1;
    stage->notes_on += on;
    stage->notes_off += off;
}

void
mg_stage_cycle(struct mg_stage *stage)
{
    struct mg_midi_event *out = make_out(stage->out_capacity);
    struct mg_cycle cycle = {.frames = stage->frames,
                             .rate_hz = stage->rate_hz,
                             .freewheel = stage->freewheel,
                             .transport = stage->transport,
                             .in = stage->in,
                             .in_count = stage->in_count,
                             .out = out,
                             .out_capacity = stage->out_capacity};
    mg_stage_compose(stage);
    mg_rt_run(stage->rt, &cycle);
    uint32_t last = 0;
    for (int i = 0; i < cycle.out_count; i++) {
        if (out[i].frame < last || out[i].frame >= cycle.frames)
            stage->faults++;
        last = out[i].frame;
        hear(stage, &out[i]);
        stage->out[i] = out[i];
    }
    stage->out_count = cycle.out_count;
    stage->in_count = 0;
    if (stage->transport.rolling)
        stage->transport.frame += stage->frames;
    free(out);
}

void
mg_stage_cycles(struct mg_stage *stage, int count)
{
    for (int i = 0; i < count; i++)
        mg_stage_cycle(stage);
}

void
mg_stage_play(struct mg_stage *stage, uint32_t frame, int status, int key, int velocity)
{
    stage->in[stage->in_count++] = (struct mg_midi_event){
        frame, 3, {(uint8_t)status, (uint8_t)key, (uint8_t)velocity}};
}
