// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer: hears what has sounded and what the hand plays, and has the improviser of
// the scene decide the next step.
//
// It decides a step as soon as the one before has sounded, so that it is never late, and
// decides it anew each time the hand changes before it sounds, so that a key counts as
// late as it can: only the note axis is run again, and the same random numbers are used.
// It knows no thread: engine/composer_thread.h runs it beside the music, and the offline
// programs call mg_composer_work() between cycles, so that both play the same.
#ifndef MG_ENGINE_COMPOSER_H
#define MG_ENGINE_COMPOSER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/ring.h"
#include "engine/timing.h"

// How long it took: composer thread, or after it has ended.
struct mg_composer_times {
    struct mg_timing step;  // to decide a step
    struct mg_timing again; // to decide it anew for the hand
};

struct mg_composer;

// The rings outlive the composer.  requests: of struct mg_request, which it consumes;
// decisions: of struct mg_decision, retired: of struct mg_scene *, which it produces.
// Never fails.
struct mg_composer *mg_composer_create(struct mg_ring *requests,
                                       struct mg_ring *decisions,
                                       struct mg_ring *retired);

// Takes NULL.  The scenes are not its own.
void mg_composer_destroy(struct mg_composer *composer);

// Takes all requests that wait and decides what is due.  Where the song went on
// meanwhile, the steps between are skipped.  Returns whether something was decided.
// Composer thread.  Never allocates.
bool mg_composer_work(struct mg_composer *composer);

const struct mg_composer_times *mg_composer_times(const struct mg_composer *composer);

#endif
