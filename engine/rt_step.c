// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: a step falls due, and its decision is struck.
#include "engine/rt_parts.h"

// How late the first step after a jump may be struck, in steps.
static const double DELAY_STEPS = 0.25;

// --- scenes --------------------------------------------------------------------------

// Where nobody else says a metre, it is the scene's.
MG_RT void
mg_rt_take_metre(struct mg_rt *rt)
{
    double beats_per_bar = rt->scene->beats_per_bar, beat_type = rt->scene->beat_type;
    mg_clock_set_metre(&rt->clock, beats_per_bar, beat_type);
    rt->clock_in.beats_per_bar = beats_per_bar;
    rt->clock_in.beat_type = beat_type;
}

// The old scene's notes end where the new one begins.
static void
change_scene(struct mg_rt *rt)
{
    rt->over = rt->scene;
    rt->scene = rt->coming;
    mg_controls_carry(&rt->scene->controls, &rt->over->controls);
    rt->coming = NULL;
    rt->coming_asked = false;
    mg_rt_take_metre(rt);
    mg_count_add(&rt->counters.scenes, 1);
}

MG_RT void
mg_rt_take_scene(struct mg_rt *rt, bool rolling)
{
    // One at a time: main is told of the last one first.
    if (!rt->coming && !rt->over)
        rt->coming = atomic_exchange_explicit(&rt->offered, NULL, memory_order_acquire);
    if (!rt->coming || rolling || rt->clock.rolling)
        return;
    change_scene(rt);
    rt->clock.steps_per_quarter = rt->scene->steps_per_quarter;
    rt->clock.own_bpm = rt->scene->bpm;
    rt->scene_is_new = true;
}

// Begins the scene that comes at step i of this cycle.
static void
begin_coming(struct mg_rt *rt, struct mg_outlet *outlet, int i)
{
    const struct mg_cycle *cycle = outlet->cycle;
    mg_voices_release(&rt->ours, outlet, rt->now.steps[i].frame);
    int64_t first = rt->coming_first;
    change_scene(rt);
    mg_clock_regrid(&rt->clock, rt->scene->steps_per_quarter, rt->scene->bpm,
                    cycle->frames, cycle->rate_hz, i, &rt->now);
    rt->now.steps[i].step = first;
}

// --- striking ------------------------------------------------------------------------

// Sounds the decision at `frame`, note-offs first.  What the hand plays by now is its
// own.
static void
strike(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame,
       enum mg_clock_weight weight)
{
    const uint8_t *cells = rt->decision.cells;
    const struct mg_controls *controls = &rt->scene->controls;
    int channel = rt->scene->channel;
    for (int key = 0; key < MG_KEYS; key++) {
        bool plays = cells[key] & MG_DECIDED_PLAY;
        if (!plays || cells[key] & (MG_DECIDED_ARTICULATE | MG_DECIDED_HELD) ||
            rt->held[key])
            mg_voices_off(&rt->ours, outlet, frame, channel, key);
    }
    if (mg_control_get(controls, MG_CONTROL_MUTE) > 0.0f)
        return;
    int velocity = mg_touch_velocity(&rt->touch, controls, weight);
    for (int key = 0; key < MG_KEYS; key++) {
        bool plays = cells[key] & MG_DECIDED_PLAY;
        if (plays && !(cells[key] & MG_DECIDED_HELD) && !rt->held[key] &&
            !mg_voices_sounds(&rt->ours, channel, key))
            mg_voices_on(&rt->ours, outlet, frame, channel, key, velocity);
    }
}

// The keys that were struck before this step, and that its decision does not know of.
static void
count_late_keys(struct mg_rt *rt)
{
    int32_t late = (int32_t)(rt->struck_keys - rt->decision.heard);
    if (late > 0)
        mg_count_add(&rt->counters.late_keys, (uint64_t)late);
}

// --- steps ---------------------------------------------------------------------------

// The step is over: on to the next, which may be the first of another scene.
static void
reach(struct mg_rt *rt, int64_t step, uint32_t struck)
{
    int64_t next = step + 1;
    if (rt->coming && mg_clock_begins_bar(&rt->clock, next)) {
        rt->coming_asked = true;
        rt->coming_step = next;
        rt->coming_first =
            mg_clock_step_on(&rt->clock, next, rt->coming->steps_per_quarter);
        mg_rt_ask_next(rt, rt->coming, rt->coming_first, struck);
    } else {
        mg_rt_ask_next(rt, rt->scene, next, struck);
    }
}

MG_RT void
mg_rt_drop_delayed(struct mg_rt *rt)
{
    if (rt->is_delayed)
        mg_count_add(&rt->counters.late_steps, 1);
    rt->is_delayed = false;
}

MG_RT void
mg_rt_try_delayed(struct mg_rt *rt, struct mg_outlet *outlet)
{
    const struct mg_cycle *cycle = outlet->cycle;
    double limit = mg_clock_step_frames(&rt->clock, cycle->rate_hz) * DELAY_STEPS;
    uint32_t struck = 0;
    if (!rt->is_delayed)
        return;
    if (-rt->delayed_frame > limit) {
        mg_rt_drop_delayed(rt);
    } else if (mg_rt_find_decision(rt, cycle, rt->delayed.step)) {
        strike(rt, outlet, 0, rt->delayed.weight);
        struck = rt->decision.revision;
        mg_count_add(&rt->counters.delayed_steps, 1);
        rt->is_delayed = false;
    } else {
        return;
    }
    reach(rt, rt->delayed.step, struck);
}

MG_RT void
mg_rt_run_step(struct mg_rt *rt, struct mg_outlet *outlet, int i)
{
    const struct mg_cycle *cycle = outlet->cycle;
    mg_rt_drop_delayed(rt);
    if (rt->coming_asked && rt->now.steps[i].step == rt->coming_step)
        begin_coming(rt, outlet, i);
    struct mg_clock_step at = rt->now.steps[i];
    bool first = rt->start_open && at.step == rt->start_step;
    uint32_t struck = 0;
    rt->start_open = false;
    mg_count_add(&rt->counters.steps, 1);
    if (mg_rt_find_decision(rt, cycle, at.step)) {
        strike(rt, outlet, at.frame, at.weight);
        count_late_keys(rt);
        struck = rt->decision.revision;
    } else if (first && !cycle->freewheel) {
        rt->is_delayed = true;
        rt->delayed = at;
        rt->delayed_frame = at.frame;
        return; // over when it has sounded, or its time is
    } else {
        mg_count_add(&rt->counters.late_steps, 1);
    }
    reach(rt, at.step, struck);
}
