// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: one cycle, in the order of its frames.
#include "engine/rt.h"

#include "engine/rt_parts.h"

// A stop this long makes the next start a new beginning: under JACK a relocation passes
// through a few stopped cycles, and those must not cost the network its memory.
static const double FRESH_SECONDS = 0.5;

// How long a note that has ended stays in the ledger, at the least: longer than any
// driver's queue.
static const double LINGER_SECONDS = 0.1;

// What the MIDI clock says in this cycle.
static void
make_pulses(struct mg_rt *rt, const struct mg_cycle *cycle)
{
    double quarter_frames = mg_clock_quarter_frames(&rt->clock, cycle->rate_hz);
    double end = mg_clock_quarters(&rt->clock, cycle->rate_hz);
    struct mg_midi_clock_place place = {
        .rolling = rt->now.rolling && !rt->quitting,
        .moved = rt->now.moved,
        .quarters = end - cycle->frames / quarter_frames,
        .quarter_frames = quarter_frames,
    };
    rt->next_pulse = 0;
    rt->pulse_count = mg_midi_clock_out_advance(&rt->clock_out, &place, cycle->frames,
                                                rt->pulses, MG_RT_PULSES);
}

// Sends the pulses up to `frame`.
static void
send_pulses(struct mg_rt *rt, struct mg_cycle *cycle, uint32_t frame)
{
    while (rt->next_pulse < rt->pulse_count &&
           rt->pulses[rt->next_pulse].frame <= frame) {
        const struct mg_midi_event *pulse = &rt->pulses[rt->next_pulse++];
        if (cycle->out_count < cycle->out_capacity)
            cycle->out[cycle->out_count++] = *pulse;
        else
            mg_count_add(&rt->counters.dropped_pulses, 1);
    }
}

static void
run_step(struct mg_rt *rt, struct mg_outlet *outlet, int step)
{
    send_pulses(rt, outlet->cycle, rt->now.steps[step].frame);
    mg_rt_run_step(rt, outlet, step);
}

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
            run_step(rt, outlet, step);
        send_pulses(rt, outlet->cycle, frame);
        mg_rt_hear(rt, outlet, &cycle->in[i], frame);
    }
    for (; step < rt->now.count; step++)
        run_step(rt, outlet, step);
}

static void
open_generation(struct mg_rt *rt, bool fresh)
{
    mg_rt_drop_delayed(rt);
    rt->generation++;
    rt->start_step = rt->now.next;
    rt->start_fresh = fresh;
    rt->start_open = true;
    rt->start_told = false;
    rt->next_owed = false;
    rt->has_decision = false;
    rt->coming_asked = false; // it begins at a later bar line
    rt->scene_is_new = false;
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
    bool other = !rt->start_open || rt->start_step != rt->now.next || rt->scene_is_new;
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

// The driver's, the MIDI clock's, or our own, which begins when there is something to
// play.
static struct mg_transport
transport_of(struct mg_rt *rt, const struct mg_cycle *cycle)
{
    struct mg_transport clocked;
    if (rt->config.clock_in) {
        mg_midi_clock_in_advance(&rt->clock_in, cycle->in, cycle->in_count,
                                 cycle->frames, cycle->rate_hz, &clocked);
        return clocked;
    }
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
    rt->inheriting = rt->inheriting || commands & MG_RT_INHERIT;
    if (commands & MG_RT_PANIC || rt->quitting) {
        mg_voices_release(&rt->ours, outlet, 0);
        mg_voices_release(&rt->thru, outlet, 0);
    }
    if (rt->inheriting)
        rt->inheriting =
            !mg_voices_end_left(rt->config.ledger->left, &rt->ours, &rt->thru, outlet);
}

// Forgets what ended before the last turn.
static void
turn_ended(struct mg_rt *rt, uint32_t rate_hz)
{
    struct mg_ledger *ledger = rt->config.ledger;
    if (rt->life_frame < rt->turn_frame)
        return;
    rt->turn_frame = rt->life_frame + (int64_t)(LINGER_SECONDS * rate_hz);
    rt->ended_table = !rt->ended_table;
    rt->ours.ended = ledger->ended[rt->ended_table];
    rt->thru.ended = ledger->ended[rt->ended_table];
    for (int key = 0; key < MG_KEYS; key++)
        atomic_store_explicit(&rt->ours.ended[key], 0, memory_order_relaxed);
}

static void
end_cycle(struct mg_rt *rt, const struct mg_cycle *cycle)
{
    int sounding = rt->ours.count + rt->thru.count;
    if (rt->rolled)
        rt->frame += cycle->frames;
    rt->life_frame += cycle->frames;
    turn_ended(rt, cycle->rate_hz);
    rt->delayed_frame -= cycle->frames;
    mg_count_add(&rt->counters.cycles, 1);
    atomic_store_explicit(&rt->counters.frames, (uint64_t)rt->frame,
                          memory_order_relaxed);
    atomic_store_explicit(&rt->counters.sounding, (uint64_t)sounding,
                          memory_order_relaxed);
    if (rt->quitting && sounding == 0)
        atomic_store_explicit(&rt->quiet, true, memory_order_release);
    mg_rt_wake_composer(rt);
}

MG_RT void
mg_rt_run(void *context, struct mg_cycle *cycle)
{
    struct mg_rt *rt = context;
    cycle->out_count = 0;
    if (cycle->frames == 0 || cycle->rate_hz == 0)
        return;
    mg_rt_take_decisions(rt);
    struct mg_transport transport = transport_of(rt, cycle);
    mg_rt_take_scene(rt, transport.rolling);
    rt->place = transport.frame;
    rt->clock.swing = (double)mg_control_get(&rt->scene->controls, MG_CONTROL_SWING);
    mg_clock_advance(&rt->clock, &transport, cycle->frames, cycle->rate_hz, &rt->now);
    bool recorded = rt->config.record && (rt->rolled || rt->now.rolling);
    struct mg_outlet outlet = {cycle, recorded ? rt->frame : -1,
                               rt->config.record ? &rt->played : NULL, &rt->counters};
    mg_voices_settle(&rt->ours, &outlet);
    mg_voices_settle(&rt->thru, &outlet);
    obey(rt, &outlet);
    if (rt->config.clock_out)
        make_pulses(rt, cycle);
    if (!rt->quitting) {
        follow_transport(rt, &outlet);
        mg_rt_tell_composer(rt);
        mg_rt_try_delayed(rt, &outlet);
        run_events(rt, &outlet);
    }
    send_pulses(rt, cycle, cycle->frames);
    end_cycle(rt, cycle);
}
