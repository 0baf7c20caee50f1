// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer: one step of the network ahead of the music.
#include "engine/composer.h"

#include <string.h>
#include <time.h>

#include "engine/fill.h"
#include "engine/msg.h"
#include "model/features.h"
#include "model/network.h"
#include "model/sampler.h"

_Static_assert((int)MG_DECIDED_PLAY == (int)MG_CELL_PLAY &&
                   (int)MG_DECIDED_ARTICULATE == (int)MG_CELL_ARTICULATE,
               "rt reads the bits of the model");

struct mg_composer {
    struct mg_composer_config config;
    struct mg_network *network; // owned
    struct mg_ring *requests;
    struct mg_ring *decisions;
    struct mg_timing timing;

    // What is to be decided.
    uint32_t generation;
    int64_t due_step;
    int64_t due_us; // on the monotonic clock
    bool due;
    bool starts;  // a new generation: a new pass
    bool fresh;   // and the network begins anew
    bool reached; // a step of the generation has been reached

    // The music so far.
    uint32_t pass;
    float courage;
    int64_t row_step;          // the step of `row`
    uint8_t row[MG_NOTES_MAX]; // (N) of enum mg_cell bits
    int age[MG_NOTES_MAX];     // (N) steps since a sounding note was struck

    // The hand, by MIDI number.
    bool held[MG_KEYS];
    bool struck[MG_KEYS]; // since the last decision

    struct mg_decision decision; // the last one
    bool decision_owed;          // it found no room
};

static int64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct mg_composer *
mg_composer_create(const struct mg_model *model,
                   const struct mg_composer_config *config, struct mg_ring *requests,
                   struct mg_ring *decisions, GError **error)
{
    struct mg_network *network = mg_network_create(model);
    if (!network) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
                    "not enough memory for the network");
        return NULL;
    }
    struct mg_composer *c = g_new0(struct mg_composer, 1);
    c->config = *config;
    c->network = network;
    c->requests = requests;
    c->decisions = decisions;
    c->courage = 1.0f;
    return c;
}

void
mg_composer_destroy(struct mg_composer *c)
{
    if (!c)
        return;
    mg_network_destroy(c->network);
    g_free(c);
}

const struct mg_timing *
mg_composer_timing(const struct mg_composer *c)
{
    return &c->timing;
}

// --- listening -----------------------------------------------------------------------

// A key tapped while nothing played is over.
static void
forget_tapped(struct mg_composer *c)
{
    for (int key = 0; key < MG_KEYS; key++)
        c->struck[key] = c->struck[key] && c->held[key];
}

static void
begin_generation(struct mg_composer *c, const struct mg_request *request)
{
    forget_tapped(c);
    c->generation = request->generation;
    c->due_step = request->step;
    c->due_us = now_us();
    c->due = true;
    c->starts = true;
    c->reached = false;
    c->fresh = c->fresh || request->fresh; // of starts that were skipped, too
    c->decision_owed = false;
}

static void
take(struct mg_composer *c, const struct mg_request *request)
{
    switch (request->type) {
    case MG_REQUEST_START:
        begin_generation(c, request);
        break;
    case MG_REQUEST_REACHED:
        if (request->generation != c->generation)
            break;
        if (!c->reached)
            forget_tapped(c);
        c->reached = true;
        c->due_step = request->step + 1;
        c->due_us = now_us() + request->next_in_us;
        c->due = true;
        break;
    case MG_REQUEST_HEARD:
        c->struck[request->key] = c->struck[request->key] || request->on;
        c->held[request->key] = request->on;
        break;
    }
}

static void
send_decision(struct mg_composer *c)
{
    c->decision_owed = !mg_ring_push(c->decisions, &c->decision);
}

bool
mg_composer_listen(struct mg_composer *c)
{
    struct mg_request request;
    while (mg_ring_pop(c->requests, &request))
        take(c, &request);
    if (c->decision_owed)
        send_decision(c);
    return c->due;
}

int64_t
mg_composer_spare_us(const struct mg_composer *c)
{
    return c->due_us - now_us();
}

// --- deciding ------------------------------------------------------------------------

static void
begin_pass(struct mg_composer *c)
{
    c->pass++;
    if (c->fresh) {
        mg_network_reset(c->network);
        memset(c->row, 0, sizeof c->row);
        memset(c->age, 0, sizeof c->age);
        c->courage = 1.0f;
    }
    c->row_step = c->due_step - 1;
    c->starts = false;
    c->fresh = false;
}

// The last row as it sounded one step before `step`: where steps were skipped its notes
// are held, and not struck again.
static void
catch_up(struct mg_composer *c, int N, int64_t step)
{
    if (c->row_step != step - 1)
        for (int i = 0; i < N; i++)
            c->row[i] &= MG_CELL_PLAY;
}

// What the hand gives: (N) cells.  A key tapped between two steps counts for one.
static void
take_hand(struct mg_composer *c, const struct mg_shape *shape, uint8_t *fixed)
{
    for (int i = 0; i < shape->notes; i++) {
        int key = shape->lowest_note + i;
        fixed[i] = 0;
        if (c->struck[key])
            fixed[i] = MG_CELL_PLAY | MG_CELL_ARTICULATE;
        else if (c->held[key])
            fixed[i] = MG_CELL_PLAY;
    }
    memset(c->struck, 0, sizeof c->struck);
}

static void
draw(struct mg_composer *c, int N, const uint8_t *fixed)
{
    uint8_t silent[MG_NOTES_MAX];
    for (int i = 0; i < N; i++)
        silent[i] = c->age[i] >= c->config.longest_steps;
    struct mg_sampling sampling = {.seed = c->config.seed,
                                   .pass = c->pass,
                                   .temperature = c->config.temperature,
                                   .courage = c->courage,
                                   .fixed = fixed,
                                   .silent = silent};
    mg_sampler_draw(c->network, &sampling, c->due_step, c->row);
}

static void
copy_prime(struct mg_composer *c, int N, const uint8_t *fixed)
{
    const uint8_t *row = mg_roll_row(c->config.prime, (int)c->due_step);
    for (int i = 0; i < N; i++)
        c->row[i] = fixed[i] ? fixed[i] : row[i];
}

// Ages and courage after the row was chosen.
static void
account(struct mg_composer *c, int N)
{
    int sounding = 0;
    for (int i = 0; i < N; i++) {
        bool plays = c->row[i] & MG_CELL_PLAY;
        bool struck = c->row[i] & MG_CELL_ARTICULATE;
        sounding += plays;
        c->age[i] = !plays ? 0 : struck ? 1 : c->age[i] + 1;
    }
    c->courage = mg_fill_next(c->courage, sounding, c->config.fill_below);
}

static void
write_decision(struct mg_composer *c, const struct mg_shape *shape,
               const uint8_t *fixed)
{
    memset(&c->decision, 0, sizeof c->decision);
    c->decision.generation = c->generation;
    c->decision.step = c->due_step;
    for (int i = 0; i < shape->notes; i++) {
        uint8_t cell = c->row[i];
        if (fixed[i])
            cell |= MG_DECIDED_HELD;
        c->decision.cells[shape->lowest_note + i] = cell;
    }
}

void
mg_composer_decide(struct mg_composer *c)
{
    const struct mg_shape *shape = mg_network_shape(c->network);
    int N = shape->notes;
    int64_t start_us = now_us();
    uint8_t fixed[MG_NOTES_MAX];
    if (c->starts)
        begin_pass(c);
    catch_up(c, N, c->due_step);
    mg_network_listen(c->network, c->row, mg_beat_of(c->due_step - 1));
    take_hand(c, shape, fixed);
    if (c->config.prime && c->due_step < c->config.prime->steps)
        copy_prime(c, N, fixed);
    else
        draw(c, N, fixed);
    c->row_step = c->due_step;
    account(c, N);
    write_decision(c, shape, fixed);
    send_decision(c);
    c->due = false;
    mg_timing_add(&c->timing, (uint32_t)(now_us() - start_us));
}

bool
mg_composer_work(struct mg_composer *c)
{
    if (!mg_composer_listen(c))
        return false;
    mg_composer_decide(c);
    return true;
}
