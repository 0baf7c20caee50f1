// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core and the composer: what one asks and the other answers.
#include "engine/rt_parts.h"

enum { WAITS_MAX = 16 }; // stale answers to one missing decision in freewheel

// --- asking --------------------------------------------------------------------------

static bool
request(struct mg_rt *rt, const struct mg_request *message)
{
    if (!mg_ring_push(&rt->requests, message)) {
        mg_count_add(&rt->counters.refused_requests, 1);
        return false;
    }
    rt->posted = true;
    return true;
}

MG_RT void
mg_rt_wake_composer(struct mg_rt *rt)
{
    if (rt->posted)
        sem_post(&rt->wake);
    rt->posted = false;
}

MG_RT void
mg_rt_tell_key(struct mg_rt *rt, int key, bool on, uint32_t frame)
{
    struct mg_request message = {
        .type = MG_REQUEST_HEARD, .key = (uint8_t)key, .on = on};
    if (!request(rt, &message)) {
        rt->told_owed = true;
        return;
    }
    rt->told[key] = on;
    if (!on)
        return;
    rt->struck_keys++;
    if (rt->waiting_key == 0) {
        rt->waiting_key = rt->struck_keys;
        rt->waiting_frame = rt->life_frame + frame;
    }
}

// Makes up for what found no room.
static void
tell_owed_keys(struct mg_rt *rt)
{
    rt->told_owed = false;
    for (int key = 0; key < MG_KEYS && !rt->told_owed; key++)
        if (rt->told[key] != (rt->held[key] != 0))
            mg_rt_tell_key(rt, key, rt->held[key] != 0, 0);
}

// A scene that is over is told of last: nothing that names it comes after.
MG_RT void
mg_rt_tell_composer(struct mg_rt *rt)
{
    struct mg_request start = {.type = MG_REQUEST_START,
                               .generation = rt->generation,
                               .step = rt->start_step,
                               .scene = rt->scene,
                               .fresh = rt->start_fresh};
    struct mg_request retire = {.type = MG_REQUEST_RETIRE, .scene = rt->over};
    if (rt->told_owed)
        tell_owed_keys(rt);
    if (!rt->start_told)
        rt->start_told = request(rt, &start);
    if (rt->start_told && rt->next_owed)
        rt->next_owed = !request(rt, &rt->next);
    if (rt->over && rt->start_told && !rt->next_owed && request(rt, &retire))
        rt->over = NULL;
}

MG_RT void
mg_rt_ask_next(struct mg_rt *rt, struct mg_scene *scene, int64_t step, uint32_t struck)
{
    rt->next = (struct mg_request){.type = MG_REQUEST_NEXT,
                                   .generation = rt->generation,
                                   .step = step,
                                   .scene = scene,
                                   .struck = struck};
    rt->next_owed = true;
    mg_rt_tell_composer(rt);
}

// --- answers -------------------------------------------------------------------------

// Whether `heard` has come to a count of keys; both may wrap.
static bool
has_come_to(uint32_t heard, uint32_t count)
{
    return (int32_t)(heard - count) >= 0;
}

// How long the oldest key waited for a decision that knows of it.
static void
measure_hand(struct mg_rt *rt)
{
    if (rt->waiting_key == 0 || !has_come_to(rt->decision.heard, rt->waiting_key))
        return;
    // In freewheel the answer may be waited for within the key's own cycle.
    int64_t waited = rt->life_frame - rt->waiting_frame;
    uint64_t frames = waited > 0 ? (uint64_t)waited : 0;
    mg_count_add(&rt->counters.keys, 1);
    mg_count_add(&rt->counters.hand_frames, frames);
    mg_count_max(&rt->counters.hand_frames_max, frames);
    rt->waiting_key = 0;
}

MG_RT void
mg_rt_take_decisions(struct mg_rt *rt)
{
    struct mg_decision decision;
    uint32_t taken = 0;
    for (; mg_ring_pop(&rt->decisions, &decision); taken++) {
        if (decision.generation != rt->generation)
            continue;
        rt->decision = decision;
        rt->has_decision = true;
        measure_hand(rt);
    }
    if (taken >= rt->decisions.capacity) // it was full: one may be owed
        rt->posted = true;
}

static bool
has_decision(const struct mg_rt *rt, int64_t step)
{
    return rt->has_decision && rt->decision.step == step;
}

MG_RT bool
mg_rt_find_decision(struct mg_rt *rt, const struct mg_cycle *cycle, int64_t step)
{
    for (int i = 0; i < WAITS_MAX && !has_decision(rt, step); i++) {
        if (!cycle->freewheel || !rt->config.wait)
            return false;
        mg_rt_wake_composer(rt);
        if (!rt->config.wait(rt->config.wait_context))
            return false;
        mg_rt_take_decisions(rt);
    }
    return has_decision(rt, step);
}

MG_RT bool
mg_rt_ready(void *context, const struct mg_transport *transport)
{
    const struct mg_rt *rt = context;
    if (rt->config.free_run || rt->config.clock_in || rt->quitting)
        return true;
    return !rt->clock.rolling && rt->place == transport->frame && rt->start_told &&
           has_decision(rt, rt->start_step);
}
