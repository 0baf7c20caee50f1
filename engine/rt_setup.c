// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Making and freeing the real-time core.
#include "engine/rt_setup.h"

#include "engine/rt_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    // Two cycles' worth of a hand that strikes every key at once; a flood is retried.
    REQUESTS = 256,
    // One for each time the hand changes within a cycle, and more than that come late;
    // fewer than the improviser remembers.
    DECISIONS = 16,
    // Main empties it every 20 ms: of music that is a few hundred messages at most.
    // Only a flood through thru can fill it (16 cycles of 1,024 events), and what is
    // lost then is counted.
    PLAYED = 16384,
};

// The cache lines of the rings ask for it.
static struct mg_rt *
allocate(void)
{
    size_t line = _Alignof(struct mg_rt);
    void *memory = NULL;
    if (posix_memalign(&memory, line, sizeof(struct mg_rt)) != 0)
        return NULL;
    return memset(memory, 0, sizeof(struct mg_rt));
}

struct mg_rt *
mg_rt_create(const struct mg_rt_config *config)
{
    struct mg_rt *rt = allocate();
    if (!rt)
        return NULL;
    rt->config = *config;
    rt->scene = config->scene;
    rt->ours.shown = config->ledger->ours;
    rt->thru.shown = config->ledger->thru;
    rt->ours.ended = config->ledger->ended[0];
    rt->thru.ended = config->ledger->ended[0];
    sem_init(&rt->wake, 0, 0);
    mg_clock_init(&rt->clock, rt->scene->steps_per_quarter, rt->scene->bpm);
    mg_midi_clock_in_init(&rt->clock_in, rt->scene->bpm);
    mg_midi_clock_out_init(&rt->clock_out);
    mg_rt_take_metre(rt);
    if (mg_ring_init(&rt->requests, sizeof(struct mg_request), REQUESTS) != 0 ||
        mg_ring_init(&rt->decisions, sizeof(struct mg_decision), DECISIONS) != 0 ||
        mg_ring_init(&rt->played, sizeof(struct mg_played), PLAYED) != 0) {
        mg_rt_destroy(rt);
        return NULL;
    }
    return rt;
}

void
mg_rt_destroy(struct mg_rt *rt)
{
    if (!rt)
        return;
    mg_ring_finish(&rt->requests);
    mg_ring_finish(&rt->decisions);
    mg_ring_finish(&rt->played);
    sem_destroy(&rt->wake);
    free(rt);
}

void
mg_rt_command(struct mg_rt *rt, enum mg_rt_command command)
{
    atomic_fetch_or_explicit(&rt->commands, (uint32_t)command, memory_order_release);
}

void
mg_rt_offer(struct mg_rt *rt, struct mg_scene *scene)
{
    atomic_store_explicit(&rt->offered, scene, memory_order_release);
}

bool
mg_rt_is_quiet(struct mg_rt *rt)
{
    return atomic_load_explicit(&rt->quiet, memory_order_acquire);
}
