// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer: hears what was reached and what the hand plays, and decides the next
// step.
//
// It knows no thread: engine/composer_thread.h runs it beside the music, and the
// offline programs call mg_composer_work() between cycles, so that both play the same.
#ifndef MG_ENGINE_COMPOSER_H
#define MG_ENGINE_COMPOSER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/ring.h"
#include "engine/timing.h"
#include "model/model.h"
#include "model/roll.h"

struct mg_composer_config {
    uint64_t seed;
    float temperature; // > 0
    int fill_below;    // gap filling, engine/fill.h
    int longest_steps; // a note held this long is silenced for a step; >= 1
    const struct mg_roll
        *prime; // rows of the first steps of the song, with the model's
                // notes; NULL: none.  Outlives the composer
};

struct mg_composer;

// Copies what it needs of the model.  The rings (of struct mg_request and struct
// mg_decision) outlive the composer, which is consumer of the one and producer of the
// other.  Returns NULL with one line in *error.
struct mg_composer *mg_composer_create(const struct mg_model *model,
                                       const struct mg_composer_config *config,
                                       struct mg_ring *requests,
                                       struct mg_ring *decisions, GError **error);

// Takes NULL.
void mg_composer_destroy(struct mg_composer *composer);

// Takes all requests that wait.  Returns whether a step is to be decided.  Composer
// thread.
bool mg_composer_listen(struct mg_composer *composer);

// Real time left until that step falls due, by the clock; negative: late.  Composer
// thread.
int64_t mg_composer_spare_us(const struct mg_composer *composer);

// Decides that step and sends it.  Where the song went on meanwhile, the steps between
// are skipped.  Composer thread.  Never allocates.
void mg_composer_decide(struct mg_composer *composer);

// Listens, and decides if there is something to decide.  Returns whether it did.
bool mg_composer_work(struct mg_composer *composer);

// Time taken by a step.  Composer thread, or after it has ended.
const struct mg_timing *mg_composer_timing(const struct mg_composer *composer);

#endif
