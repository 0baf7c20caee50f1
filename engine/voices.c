// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ledger of sounding notes.
#include "engine/voices.h"

#include <stdatomic.h>

#include "engine/msg.h"

enum { NOTE_OFF = 0x80, NOTE_ON = 0x90 };

// Returns whether there was room.
static bool
send(struct mg_outlet *outlet, uint32_t frame, int status, int key, int velocity)
{
    struct mg_cycle *cycle = outlet->cycle;
    if (cycle->out_count >= cycle->out_capacity)
        return false;
    struct mg_midi_event event = {
        frame, 3, {(uint8_t)status, (uint8_t)key, (uint8_t)velocity}};
    cycle->out[cycle->out_count++] = event;
    if (!outlet->played || outlet->first_frame < 0)
        return true;
    struct mg_played played = {outlet->first_frame + frame,
                               {event.data[0], event.data[1], event.data[2]}};
    if (!mg_ring_push(outlet->played, &played))
        mg_count_add(&outlet->counters->dropped_played, 1);
    return true;
}

static bool
send_off(struct mg_outlet *outlet, uint32_t frame, int channel, int key)
{
    if (!send(outlet, frame, NOTE_OFF | channel, key, 64))
        return false;
    mg_count_add(&outlet->counters->notes_off, 1);
    return true;
}

// Relaxed: what reads it is another process, or this one when no cycle runs any more.
static void
show(struct mg_voices *voices, int key)
{
    if (voices->shown)
        atomic_store_explicit(&voices->shown[key], voices->sounding[key],
                              memory_order_relaxed);
}

MG_RT bool
mg_voices_sounds(const struct mg_voices *voices, int channel, int key)
{
    return voices->sounding[key] & mg_channel_bit(channel);
}

MG_RT void
mg_voices_off(struct mg_voices *voices, struct mg_outlet *outlet, uint32_t frame,
              int channel, int key)
{
    if (!(voices->sounding[key] & mg_channel_bit(channel)))
        return;
    if (!send_off(outlet, frame, channel, key)) {
        if (!(voices->owed[key] & mg_channel_bit(channel)))
            mg_count_add(&outlet->counters->deferred_offs, 1);
        voices->owed[key] |= mg_channel_bit(channel);
        return;
    }
    if (voices->ended) // before it is shown as silent
        atomic_fetch_or_explicit(&voices->ended[key], mg_channel_bit(channel),
                                 memory_order_relaxed);
    voices->sounding[key] &= (uint16_t)~mg_channel_bit(channel);
    voices->owed[key] &= (uint16_t)~mg_channel_bit(channel);
    voices->count--;
    show(voices, key);
}

MG_RT void
mg_voices_on(struct mg_voices *voices, struct mg_outlet *outlet, uint32_t frame,
             int channel, int key, int velocity)
{
    mg_voices_off(voices, outlet, frame, channel, key);
    if (mg_voices_sounds(voices, channel, key) ||
        !send(outlet, frame, NOTE_ON | channel, key, velocity)) {
        mg_count_add(&outlet->counters->dropped_notes, 1);
        return;
    }
    // In the ledger before the event leaves with the end of the cycle.
    voices->sounding[key] |= mg_channel_bit(channel);
    voices->count++;
    show(voices, key);
    mg_count_add(&outlet->counters->notes_on, 1);
}

// Sends note-offs for the channels in `mask`.
static void
release_key(struct mg_voices *voices, struct mg_outlet *outlet, uint32_t frame, int key,
            uint16_t mask)
{
    for (int channel = 0; mask; channel++, mask >>= 1)
        if (mask & 1)
            mg_voices_off(voices, outlet, frame, channel, key);
}

MG_RT void
mg_voices_release(struct mg_voices *voices, struct mg_outlet *outlet, uint32_t frame)
{
    if (voices->count == 0)
        return;
    for (int key = 0; key < MG_KEYS; key++)
        release_key(voices, outlet, frame, key, voices->sounding[key]);
}

MG_RT void
mg_voices_settle(struct mg_voices *voices, struct mg_outlet *outlet)
{
    if (voices->count == 0)
        return;
    for (int key = 0; key < MG_KEYS; key++)
        release_key(voices, outlet, 0, key, voices->owed[key]);
}

MG_RT bool
mg_voices_end_left(_Atomic uint16_t *left, const struct mg_voices *ours,
                   const struct mg_voices *thru, struct mg_outlet *outlet)
{
    for (int key = 0; key < MG_KEYS; key++) {
        uint16_t channels = atomic_load_explicit(&left[key], memory_order_relaxed);
        uint16_t again = ours->sounding[key] | thru->sounding[key];
        for (int channel = 0; channel < MG_CHANNELS; channel++) {
            uint16_t bit = mg_channel_bit(channel);
            if (channels & bit & ~again && !send_off(outlet, 0, channel, key))
                return false;
            channels &= (uint16_t)~bit;
            atomic_store_explicit(&left[key], channels, memory_order_relaxed);
        }
    }
    return true;
}
