// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The improviser: one model at play - its network, the music so far, and how the next
// step is chosen.
//
// A step goes in three: approach (the network hears what sounded before it: the long
// part), choose (the notes, as often as the hand changes), settle (one of the choices has
// sounded).  The composer's alone, but for create and destroy.
//
// Repeatable, the music is made of phrases of MG_PHRASE_STEPS: each begins anew, from
// random numbers that depend on seed and step alone, so that what is played at a place
// depends only on model, seed, controls, place, and what the hand played since the phrase
// began.  States are kept on the way, so that a relocation has few steps to catch up;
// what the hand had played before such a state, in whichever pass, is part of it.
#ifndef MG_ENGINE_IMPROVISER_H
#define MG_ENGINE_IMPROVISER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/controls.h"
#include "engine/msg.h"
#include "model/model.h"
#include "model/network.h"
#include "model/roll.h"

enum {
    MG_PHRASE_STEPS = 64, // four times the 16 steps that the beat feature counts
    MG_CHOICES_MAX = 32,  // that settle remembers; rt is never further behind
};

struct mg_improviser_config {
    struct mg_network_config network; // its pair outlives the improviser
    uint64_t seed;
    int fill_below; // engine/fill.h
    bool repeatable;
    bool follows;     // plays only while the hand does, and some steps after
    int lowest_alone; // plays no key under this one: there the hand is alone; 0: anywhere
    const struct mg_roll
        *prime; // rows of the first steps of the song, with the model's
                // notes; NULL: none.  Outlives the improviser
};

// The keys of the hand at a step.
struct mg_hand_keys {
    bool held[MG_KEYS];
    bool struck[MG_KEYS]; // since the step before; it may be over already
};

struct mg_improviser;

// Copies what it needs of the model.  Returns NULL with one line in *error.
struct mg_improviser *mg_improviser_create(const struct mg_model *model,
                                           const struct mg_improviser_config *config,
                                           GError **error);

// Takes NULL.
void mg_improviser_destroy(struct mg_improviser *improviser);

// A new pass from `step` on: after a start or a relocation, and when its scene begins.
// fresh: the network forgets; else what sounded last stays in its ear.
void mg_improviser_begin(struct mg_improviser *improviser,
                         const struct mg_controls *controls, int64_t step, bool fresh);

// Its scene comes after that of `before`: the hand goes on, and to one that has not
// played yet what sounds is what it hears first.  cells: (MG_KEYS) of enum mg_decided.
// After begin.
void mg_improviser_inherit(struct mg_improviser *improviser,
                           const struct mg_improviser *before, const uint8_t *cells);

// Goes to `step`; where that is not the next one, what sounded last was held meanwhile.
void mg_improviser_approach(struct mg_improviser *improviser, int64_t step);

// Chooses the notes of that step.  revision: names this choice.  cells: (MG_KEYS), out.
void mg_improviser_choose(struct mg_improviser *improviser,
                          const struct mg_controls *controls,
                          const struct mg_hand_keys *hand, uint32_t revision,
                          uint8_t *cells);

// That step has sounded, by the choice of this revision; 0: by none, what sounded before
// was held.
void mg_improviser_settle(struct mg_improviser *improviser, uint32_t revision);

#endif
