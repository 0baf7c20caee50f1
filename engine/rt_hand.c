// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: keys, pedal and controllers of the hand.
#include "engine/hand.h"
#include "engine/rt_parts.h"

// --- keys ----------------------------------------------------------------------------

// The key ends, unless the pedal holds it.
static void
let_go(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame, int channel, int key)
{
    rt->down[key] &= (uint16_t)~mg_channel_bit(channel);
    if (rt->pedals & mg_channel_bit(channel))
        return;
    mg_voices_off(&rt->thru, outlet, frame, channel, key);
    if (!(rt->held[key] & mg_channel_bit(channel)))
        return;
    rt->held[key] &= (uint16_t)~mg_channel_bit(channel);
    if (!rt->held[key])
        mg_rt_tell_key(rt, key, false, frame);
}

static void
lift_pedal(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame, int channel)
{
    rt->pedals &= (uint16_t)~mg_channel_bit(channel);
    for (int key = 0; key < MG_KEYS; key++)
        if (!(rt->down[key] & mg_channel_bit(channel)))
            let_go(rt, outlet, frame, channel, key);
}

// Keys and pedal: the keyboard may be gone.
static void
let_all_go(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame, int channel)
{
    for (int key = 0; key < MG_KEYS; key++)
        rt->down[key] &= (uint16_t)~mg_channel_bit(channel);
    lift_pedal(rt, outlet, frame, channel);
}

static void
strike_key(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame,
           const struct mg_hand_event *hand)
{
    rt->held[hand->key] |= mg_channel_bit(hand->channel);
    rt->down[hand->key] |= mg_channel_bit(hand->channel);
    mg_touch_hear(&rt->touch, hand->velocity);
    mg_rt_tell_key(rt, hand->key, true, frame);
    if (!rt->config.thru)
        return;
    // On one channel a later note-off of ours would cut the hand's note.
    if (hand->channel == rt->scene->channel)
        mg_voices_off(&rt->ours, outlet, frame, hand->channel, hand->key);
    mg_voices_on(&rt->thru, outlet, frame, hand->channel, hand->key, hand->velocity);
}

// --- controllers ---------------------------------------------------------------------

// Relaxed: main looks now and then, and acts on the count.
static void
turn(struct mg_rt *rt, struct mg_outlet *outlet, uint32_t frame,
     const struct mg_hand_event *hand)
{
    uint32_t count =
        (atomic_load_explicit(&rt->turned, memory_order_relaxed) >> 16) + 1;
    uint32_t what = 0x8000 | (uint32_t)hand->channel << 8 | (uint32_t)hand->key;
    atomic_store_explicit(&rt->turned, count << 16 | what, memory_order_relaxed);
    switch (mg_controls_turn(&rt->scene->controls, hand->channel, hand->key,
                             hand->velocity)) {
    case MG_CONTROL_PANIC:
        mg_voices_release(&rt->ours, outlet, frame);
        mg_voices_release(&rt->thru, outlet, frame);
        break;
    case MG_CONTROL_MUTE:
        if (mg_control_get(&rt->scene->controls, MG_CONTROL_MUTE) > 0.0f)
            mg_voices_release(&rt->ours, outlet, frame);
        break;
    case MG_CONTROL_NEXT:
        atomic_fetch_add_explicit(&rt->next_wishes, 1, memory_order_relaxed);
        break;
    default:
        break;
    }
}

MG_RT void
mg_rt_hear(struct mg_rt *rt, struct mg_outlet *outlet,
           const struct mg_midi_event *event, uint32_t frame)
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
        rt->pedals |= mg_channel_bit(hand.channel);
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
    case MG_HAND_CONTROLLER:
        turn(rt, outlet, frame, &hand);
        break;
    case MG_HAND_BAD:
        mg_count_add(&rt->counters.bad_input, 1);
        break;
    case MG_HAND_OTHER:
        break;
    }
}
