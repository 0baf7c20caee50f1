// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer: from requests to decisions.
#include "engine/composer.h"

#include <glib.h>
#include <string.h>

#include "engine/improviser.h"
#include "engine/msg.h"
#include "engine/scene.h"

struct mg_composer {
    struct mg_ring *requests;
    struct mg_ring *decisions;
    struct mg_ring *retired;
    struct mg_composer_times times;

    struct mg_request ask;  // the newest START or NEXT
    bool due;               // and it is not decided yet
    bool begins;            // a START has come since the last decision
    bool fresh;             // and one of them asked for it
    bool is_open;           // the decision may be made anew
    bool goes_on;           // a step of the generation has been reached
    struct mg_scene *scene; // of the last decision
    struct mg_scene *over;  // main's again once the work in hand is done; or NULL

    // The hand.
    struct mg_hand_keys hand;
    uint32_t known_from[MG_KEYS]; // the revision that first knew of the stroke
    uint32_t heard;               // strokes since the beginning
    bool hand_changed;            // since the last decision

    struct mg_decision decision; // the last one
    bool decision_owed;          // it found no room
};

struct mg_composer *
mg_composer_create(struct mg_ring *requests, struct mg_ring *decisions,
                   struct mg_ring *retired)
{
    struct mg_composer *c = g_new0(struct mg_composer, 1);
    c->requests = requests;
    c->decisions = decisions;
    c->retired = retired;
    return c;
}

void
mg_composer_destroy(struct mg_composer *c)
{
    g_free(c);
}

const struct mg_composer_times *
mg_composer_times(const struct mg_composer *c)
{
    return &c->times;
}

// --- listening -----------------------------------------------------------------------

// A key tapped while nothing played is over.
static void
forget_tapped(struct mg_composer *c)
{
    for (int key = 0; key < MG_KEYS; key++)
        c->hand.struck[key] = c->hand.struck[key] && c->hand.held[key];
}

// Strokes that sounded with a revision are no strokes of the next step.
static void
forget_known(struct mg_composer *c, uint32_t revision)
{
    for (int key = 0; key < MG_KEYS; key++)
        if ((int32_t)(revision - c->known_from[key]) >= 0)
            c->hand.struck[key] = false;
}

// The last decision is past: what it was for has sounded by `revision`, or not at all.
static void
settle(struct mg_composer *c, uint32_t revision)
{
    if (!c->is_open)
        return;
    mg_improviser_settle(c->scene->improviser, revision);
    if (revision != 0)
        forget_known(c, revision);
    c->is_open = false;
}

static void
take_start(struct mg_composer *c, const struct mg_request *request)
{
    // What was decided last never sounds, but it is what was in the ear.
    settle(c, c->decision.revision);
    forget_tapped(c);
    c->fresh = request->fresh || (c->begins && c->fresh); // skipped starts count, too
    c->ask = *request;
    c->due = true;
    c->begins = true;
    c->goes_on = false;
    c->decision_owed = false;
}

static void
take_next(struct mg_composer *c, const struct mg_request *request)
{
    if (request->generation != c->ask.generation)
        return;
    settle(c, request->struck);
    if (!c->goes_on)
        forget_tapped(c);
    c->ask = *request;
    c->due = true;
    c->goes_on = true;
}

static void
take_key(struct mg_composer *c, int key, bool on)
{
    c->hand.held[key] = on;
    c->hand_changed = true;
    if (!on)
        return;
    c->heard++;
    c->hand.struck[key] = true;
    c->known_from[key] = c->decision.revision + 1;
}

static void
take(struct mg_composer *c, const struct mg_request *request)
{
    switch (request->type) {
    case MG_REQUEST_START:
        take_start(c, request);
        break;
    case MG_REQUEST_NEXT:
        take_next(c, request);
        break;
    case MG_REQUEST_HEARD:
        take_key(c, request->key, request->on);
        break;
    case MG_REQUEST_RETIRE:
        c->over = request->scene;
        break;
    }
}

// --- deciding ------------------------------------------------------------------------

// Returns whether there was room: rt wakes us when it has made some.
static bool
send_decision(struct mg_composer *c)
{
    c->decision_owed = !mg_ring_push(c->decisions, &c->decision);
    return !c->decision_owed;
}

// While the music stands still a tap is over at once; a key that is held is not.
static void
decide(struct mg_composer *c)
{
    struct mg_decision *decision = &c->decision;
    if (!c->goes_on)
        forget_tapped(c);
    decision->generation = c->ask.generation;
    decision->step = c->ask.step;
    decision->heard = c->heard;
    decision->revision++;
    if (decision->revision == 0) // means: none
        decision->revision++;
    mg_improviser_choose(c->scene->improviser, &c->scene->controls, &c->hand,
                         decision->revision, decision->cells);
    c->is_open = true;
    c->hand_changed = false;
    send_decision(c);
}

// The scene of the step, and its place in it.
static void
approach(struct mg_composer *c)
{
    struct mg_scene *scene = c->ask.scene;
    bool other = scene != c->scene;
    if (other || c->begins)
        mg_improviser_begin(scene->improviser, &scene->controls, c->ask.step, c->fresh);
    if (other && c->scene && !c->fresh)
        mg_improviser_inherit(scene->improviser, c->scene->improviser,
                              c->decision.cells);
    c->scene = scene;
    c->begins = false;
    c->fresh = false;
    mg_improviser_approach(scene->improviser, c->ask.step);
}

static void
decide_step(struct mg_composer *c)
{
    int64_t begun_us = g_get_monotonic_time();
    approach(c);
    decide(c);
    c->due = false;
    mg_timing_add(&c->times.step, (uint32_t)(g_get_monotonic_time() - begun_us));
}

static void
decide_again(struct mg_composer *c)
{
    int64_t begun_us = g_get_monotonic_time();
    decide(c);
    mg_timing_add(&c->times.again, (uint32_t)(g_get_monotonic_time() - begun_us));
}

// Returns whether there was anything to do.
static bool
do_what_is_due(struct mg_composer *c)
{
    if (c->due)
        decide_step(c);
    else if (c->is_open && c->hand_changed)
        decide_again(c);
    else
        return c->decision_owed && send_decision(c);
    return true;
}

// The next scene inherits from one that is over: only then is it let go.  Main offers one
// at a time, so there is room.
static void
let_go(struct mg_composer *c)
{
    if (c->over)
        mg_ring_push(c->retired, &c->over);
    c->over = NULL;
}

bool
mg_composer_work(struct mg_composer *c)
{
    struct mg_request request;
    while (mg_ring_pop(c->requests, &request))
        take(c, &request);
    bool worked = do_what_is_due(c);
    let_go(c);
    return worked;
}
