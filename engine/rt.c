// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: one cycle, in the order of its frames.
#include "engine/rt.h"

#include "engine/hand.h"

// A stop this long makes the next start a new beginning: under JACK a relocation passes
// through a few stopped cycles, and those must not cost the network its memory.
static const double FRESH_SECONDS = 0.5;

// How late the first step after a relocation may be struck, in steps.
static const double DELAY_STEPS = 0.25;

enum { WAITS_MAX = 16 }; // stale answers to one missing decision in freewheel

// --- to the composer -----------------------------------------------------------------

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

static void
wake_composer(struct mg_rt *rt)
{
    if (rt->posted)
        sem_post(&rt->wake);
    rt->posted = false;
}

static void
tell_key(struct mg_rt *rt, int key, bool on)
{
    struct mg_request message = {
        .type = MG_REQUEST_HEARD, .key = (uint8_t)key, .on = on};
    if (request(rt, &message))
        rt->told[key] = on;
    else
        rt->told_owed = true;
}

// Makes up for what found no room.
static void
tell_owed_keys(struct mg_rt *rt)
{
    rt->told_owed = false;
    for (int key = 0; key < MG_KEYS && !rt->told_owed; key++)
        if (rt->told[key] != (rt->held[key] != 0))
            tell_key(rt, key, rt->held[key] != 0);
}

// Sends what is owed to the composer, the start first: what was reached belongs to it.
static void
tell_composer(struct mg_rt *rt)
{
    struct mg_request start = {.type = MG_REQUEST_START,
                               .generation = rt->generation,
                               .step = rt->start_step,
                               .fresh = rt->start_fresh};
    struct mg_request reached = {.type = MG_REQUEST_REACHED,
                                 .generation = rt->generation,
                                 .step = rt->reached,
                                 .next_in_us = rt->reached_next_us};
    if (rt->told_owed)
        tell_owed_keys(rt);
    if (!rt->start_told)
        rt->start_told = request(rt, &start);
    if (rt->start_told && rt->reached_owed)
        rt->reached_owed = !request(rt, &reached);
}

// --- decisions -----------------------------------------------------------------------

static void
take_decisions(struct mg_rt *rt)
{
    struct mg_decision decision;
    while (mg_ring_pop(&rt->decisions, &decision)) {
        if (decision.generation != rt->generation)
            continue;
        rt->decision = decision;
        rt->has_decision = true;
    }
}

static bool
has_decision(struct mg_rt *rt, int64_t step)
{
    return rt->has_decision && rt->decision.step == step;
}

// Whether the decision of `step` is there; in freewheel, after waiting for it.
static bool
find_decision(struct mg_rt *rt, const struct mg_cycle *cycle, int64_t step)
{
    for (int i = 0; i < WAITS_MAX && !has_decision(rt, step); i++) {
        if (!cycle->freewheel || !rt->config.wait)
            return false;
        wake_composer(rt);
        if (!rt->config.wait(rt->config.wait_context))
            return false;
        take_decisions(rt);
    }
    return has_decision(rt, step);
}

// Sounds the decision at `frame`, note-offs first.  What the hand plays by now is its
// own.
static void
strike(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame)
{
    const uint8_t *cells = rt->decision.cells;
    int channel = rt->config.channel;
    for (int key = 0; key < MG_KEYS; key++) {
        bool plays = cells[key] & MG_DECIDED_PLAY;
        if (!plays || cells[key] & (MG_DECIDED_ARTICULATE | MG_DECIDED_HELD) ||
            rt->held[key])
            mg_voices_off(&rt->ours, outlet, frame, channel, key);
    }
    for (int key = 0; key < MG_KEYS; key++) {
        bool plays = cells[key] & MG_DECIDED_PLAY;
        if (plays && !(cells[key] & MG_DECIDED_HELD) && !rt->held[key] &&
            !mg_voices_sounds(&rt->ours, channel, key))
            mg_voices_on(&rt->ours, outlet, frame, channel, key, rt->config.velocity);
    }
}

// --- steps ---------------------------------------------------------------------------

// The step after this one falls due, for us, at the start of the cycle that holds it.
static void
reach(struct mg_rt *rt, const struct mg_cycle *cycle, int64_t step, double frame)
{
    double frames = mg_clock_step_frames(&rt->clock, cycle->rate_hz);
    double us = (frame + frames - cycle->frames) * 1e6 / cycle->rate_hz;
    bool hurry = cycle->freewheel || us < 0.0;
    rt->reached = step;
    rt->reached_next_us = hurry ? 0 : (uint32_t)us; // 60 s at most: 1 BPM
    rt->reached_owed = true;
    tell_composer(rt);
}

// Gives up waiting for the first step of a generation.
static void
drop_delayed(struct mg_rt *rt)
{
    if (rt->is_delayed)
        mg_count_add(&rt->counters.late_steps, 1);
    rt->is_delayed = false;
}

// Sounds the first step of a generation if its decision has come since, in its time.
static void
try_delayed(struct mg_rt *rt, struct mg_outlet *outlet)
{
    const struct mg_cycle *cycle = outlet->cycle;
    double limit = mg_clock_step_frames(&rt->clock, cycle->rate_hz) * DELAY_STEPS;
    if (!rt->is_delayed)
        return;
    if (-rt->delayed_frame > limit) {
        drop_delayed(rt);
    } else if (has_decision(rt, rt->delayed_step)) {
        strike(rt, outlet, 0);
        mg_count_add(&rt->counters.delayed_steps, 1);
        rt->is_delayed = false;
    } else {
        return;
    }
    reach(rt, cycle, rt->delayed_step, rt->delayed_frame);
}

static void
run_step(struct mg_rt *rt, struct mg_outlet *outlet, struct mg_clock_step at)
{
    const struct mg_cycle *cycle = outlet->cycle;
    bool first = rt->start_open && at.step == rt->start_step;
    drop_delayed(rt);
    rt->start_open = false;
    mg_count_add(&rt->counters.steps, 1);
    if (find_decision(rt, cycle, at.step)) {
        strike(rt, outlet, at.frame);
    } else if (first && !cycle->freewheel) {
        rt->is_delayed = true;
        rt->delayed_step = at.step;
        rt->delayed_frame = at.frame;
        return; // reached when it has sounded, or its time is over
    } else {
        mg_count_add(&rt->counters.late_steps, 1);
    }
    reach(rt, cycle, at.step, at.frame);
}

// --- the hand ------------------------------------------------------------------------

static uint16_t
bit(int channel)
{
    return (uint16_t)(1u << channel);
}

// The key ends, unless the pedal holds it.
static void
let_go(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame, int channel, int key)
{
    rt->down[key] &= (uint16_t)~bit(channel);
    if (rt->pedals & bit(channel))
        return;
    mg_voices_off(&rt->thru, outlet, frame, channel, key);
    if (!(rt->held[key] & bit(channel)))
        return;
    rt->held[key] &= (uint16_t)~bit(channel);
    if (!rt->held[key])
        tell_key(rt, key, false);
}

static void
lift_pedal(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame, int channel)
{
    rt->pedals &= (uint16_t)~bit(channel);
    for (int key = 0; key < MG_KEYS; key++)
        if (!(rt->down[key] & bit(channel)))
            let_go(rt, outlet, frame, channel, key);
}

// Keys and pedal: the keyboard may be gone.
static void
let_all_go(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame, int channel)
{
    for (int key = 0; key < MG_KEYS; key++)
        rt->down[key] &= (uint16_t)~bit(channel);
    lift_pedal(rt, outlet, frame, channel);
}

static void
strike_key(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame,
           const struct mg_hand_event *hand)
{
    rt->held[hand->key] |= bit(hand->channel);
    rt->down[hand->key] |= bit(hand->channel);
    tell_key(rt, hand->key, true);
    if (!rt->config.thru)
        return;
    // On one channel a later note-off of ours would cut the hand's note.
    if (hand->channel == rt->config.channel)
        mg_voices_off(&rt->ours, outlet, frame, hand->channel, hand->key);
    mg_voices_on(&rt->thru, outlet, frame, hand->channel, hand->key, hand->velocity);
}

static void
hear(struct mg_rt *rt, struct mg_outlet *outlet, const struct mg_midi_event *event,
     uint32_t frame)
{
    struct mg_hand_event hand = mg_hand_parse(event);
    switch (hand.kind) {
    case MG_HAND_STRIKE:
        strike_key(rt, outlet, frame, &hand);
        break;
    case MG_HAND_LET_GO:
        let_go(rt, outlet, frame, hand.channel, hand.key);
        break;
    case MG_HAND_PEDAL_DOWN:
        rt->pedals |= bit(hand.channel);
        break;
    case MG_HAND_PEDAL_UP:
        lift_pedal(rt, outlet, frame, hand.channel);
        break;
    case MG_HAND_ALL_OFF:
        let_all_go(rt, outlet, frame, hand.channel);
        break;
    case MG_HAND_RESET:
        for (int channel = 0; channel < MG_CHANNELS; channel++)
            let_all_go(rt, outlet, frame, channel);
        break;
    case MG_HAND_BAD:
        mg_count_add(&rt->counters.bad_input, 1);
        break;
    case MG_HAND_OTHER:
        break;
    }
}

// --- the cycle -----------------------------------------------------------------------

// Input and steps in the order of their frames; at the same frame the hand comes first.
static void
run_events(struct mg_rt *rt, struct mg_outlet *outlet)
{
    const struct mg_cycle *cycle = outlet->cycle;
    uint32_t last = cycle->frames - 1;
    uint32_t frame = 0; // never goes back, whatever the input says
    int step = 0;
    for (int i = 0; i < cycle->in_count; i++) {
        uint32_t due = cycle->in[i].frame < last ? cycle->in[i].frame : last;
        frame = due > frame ? due : frame;
        for (; step < rt->now.count && rt->now.steps[step].frame < frame; step++)
            run_step(rt, outlet, rt->now.steps[step]);
        hear(rt, outlet, &cycle->in[i], frame);
    }
    for (; step < rt->now.count; step++)
        run_step(rt, outlet, rt->now.steps[step]);
}

static void
open_generation(struct mg_rt *rt, bool fresh)
{
    drop_delayed(rt);
    rt->generation++;
    rt->start_step = rt->now.next;
    rt->start_fresh = fresh;
    rt->start_open = true;
    rt->start_told = false;
    rt->reached_owed = false;
    rt->has_decision = false;
    mg_count_add(&rt->counters.starts, 1);
}

// Stops, starts and relocations.
static void
follow_transport(struct mg_rt *rt, struct mg_outlet *outlet)
{
    const struct mg_cycle *cycle = outlet->cycle;
    if (rt->now.stopped || rt->now.moved)
        mg_voices_release(&rt->ours, outlet, 0);
    if (!rt->now.rolling)
        rt->stopped_frames += cycle->frames;
    bool fresh = rt->generation == 0 || !rt->rolled ||
                 (double)rt->stopped_frames >= FRESH_SECONDS * cycle->rate_hz;
    bool other = !rt->start_open || rt->start_step != rt->now.next;
    if (rt->now.rolling)
        other = other && rt->now.moved;
    else
        other = other || rt->start_fresh != fresh;
    if (other)
        open_generation(rt, fresh);
    if (!rt->now.rolling)
        return;
    rt->stopped_frames = 0;
    rt->rolled = true;
    mg_count_add(&rt->counters.skipped_steps, (uint64_t)rt->now.skipped);
}

// Free-running time begins when there is something to play.
static struct mg_transport
transport_of(struct mg_rt *rt, const struct mg_cycle *cycle)
{
    if (!rt->config.free_run)
        return cycle->transport;
    rt->own_rolling = rt->own_rolling || rt->has_decision;
    struct mg_transport own = {.rolling = rt->own_rolling, .frame = rt->own_frame};
    if (rt->own_rolling)
        rt->own_frame += cycle->frames;
    return own;
}

static void
obey(struct mg_rt *rt, struct mg_outlet *outlet)
{
    uint32_t commands =
        atomic_exchange_explicit(&rt->commands, 0, memory_order_acquire);
    rt->quitting = rt->quitting || commands & MG_RT_QUIT;
    if (!commands && !rt->quitting)
        return;
    mg_voices_release(&rt->ours, outlet, 0);
    mg_voices_release(&rt->thru, outlet, 0);
}

static void
end_cycle(struct mg_rt *rt, const struct mg_cycle *cycle)
{
    int sounding = rt->ours.count + rt->thru.count;
    if (rt->rolled)
        rt->frame += cycle->frames;
    rt->delayed_frame -= cycle->frames;
    mg_count_add(&rt->counters.cycles, 1);
    atomic_store_explicit(&rt->counters.frames, (uint64_t)rt->frame,
                          memory_order_relaxed);
    atomic_store_explicit(&rt->counters.sounding, (uint64_t)sounding,
                          memory_order_relaxed);
    if (rt->quitting && sounding == 0)
        atomic_store_explicit(&rt->quiet, true, memory_order_release);
    wake_composer(rt);
}

MG_RT void
mg_rt_run(void *context, struct mg_cycle *cycle)
{
    struct mg_rt *rt = context;
    cycle->out_count = 0;
    if (cycle->frames == 0 || cycle->rate_hz == 0)
        return;
    take_decisions(rt);
    struct mg_transport transport = transport_of(rt, cycle);
    mg_clock_advance(&rt->clock, &transport, cycle->frames, cycle->rate_hz, &rt->now);
    bool recorded = rt->config.record && (rt->rolled || rt->now.rolling);
    struct mg_outlet outlet = {cycle, recorded ? rt->frame : -1,
                               rt->config.record ? &rt->played : NULL, &rt->counters};
    mg_voices_settle(&rt->ours, &outlet);
    mg_voices_settle(&rt->thru, &outlet);
    obey(rt, &outlet);
    if (!rt->quitting) {
        follow_transport(rt, &outlet);
        tell_composer(rt);
        try_delayed(rt, &outlet);
        run_events(rt, &outlet);
    }
    end_cycle(rt, cycle);
}
