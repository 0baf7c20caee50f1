// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling and density: how bold the network is to be, from how much sounds.
//
// Courage is the exponent c of P(play)^c: 1 is the network's own taste, less plays more,
// over 1 plays less.  The density sets a taste, slowly; in a gap courage falls from there
// step by step, and after it comes back within a few.  One for both would play wild notes
// for bars after each rest.
#ifndef MG_ENGINE_FILL_H
#define MG_ENGINE_FILL_H

// The floor of courage.  Without one it reaches 0 after 50 quiet steps, and every key
// sounds.  The most silent model worth playing gives a key one chance in 2,000 a step:
// at this floor 88 * (1/2000)^0.3 = 9 keys sound, two hands' worth.
#define MG_FILL_FLOOR 0.3f

// The ceiling.  The fullest model worth playing gives 16 keys an even chance a step: at
// this ceiling 16 * (1/2)^4 = 1 key sounds.  More would only lengthen the way back after
// a crowd, the player's ten fingers for one.
#define MG_FILL_CEILING 4.0f

struct mg_fill {
    int below;      // how few notes are a gap; 0: none is
    float strength; // of gap filling; 0: never, 1: as in the MusicGuru RNN Composer
    float target;   // notes to sound on average; 0: the network's own taste
    int steps_per_quarter;
};

// Plain data: it can be copied.  Courage and taste are within MG_FILL_FLOOR..CEILING.
struct mg_courage {
    float now;
    float taste;  // where courage goes back to
    float target; // that the taste was found for; 0: none
};

// Before the first step.
#define MG_COURAGE_AT_FIRST ((struct mg_courage){.now = 1.0f, .taste = 1.0f})

// After a step in which `sounding` notes sounded.  Pure.
void mg_fill_next(const struct mg_fill *fill, struct mg_courage *courage, int sounding);

#endif
