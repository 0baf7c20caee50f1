// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a composition has taken over literally: the longest passage of it that stands in a
// corpus too, in whatever key.
//
// A passage is a run of steps that are the same in both, cell for cell (which keys sound
// and which of them are struck), when all keys are moved by the same number of semitones.
//
// Silence and drones are no music.  A step brings a change when a key is struck in it and
// the keys that sound are not those of the last step in which one was struck.  Steps four
// quarters or more after the last change do not count towards the length; and a run
// without a change after its first step (a chord, however long and however often struck)
// is no passage.
//
// How much is copied, be it in one passage or in many: of all windows of 16 steps that bring
// a change after their first step those that stand in the corpus.
#ifndef MG_TRAINER_COPIES_H
#define MG_TRAINER_COPIES_H

#include "trainer/corpus.h"

enum { MG_COPY_WINDOW = 16 };

struct mg_copy {
    int windows;        // of MG_COPY_WINDOW steps, with a change
    int copied_windows; // of them: in the corpus too
    // The longest passage:
    int steps;            // that count; 0: nothing was taken over
    int span;             // from the first to the last, all counted
    int changes;          // after the first step
    int composition_step; // where it starts in the composition
    int piece;            // the first piece of the corpus that has it
    int piece_step;       // where it starts there
    int semitones;        // from the composition up to the piece
};

// Finds the passage that counts most steps; among equals the one moved least, down
// before up, then the one that ends first.  The composition has 128 keys.  Exact; in time
// and memory about proportional to the corpus (some 100 bytes a step), and 255 times the
// composition.  Any thread but real time.  Out of memory it ends the process, as GLib does.
void mg_copies_find(const struct mg_roll *composition, const struct mg_corpus *corpus,
                    struct mg_copy *copy);

// flags: (T), out: 1 where a step brings a change, else 0.
void mg_copies_changes(const struct mg_roll *roll, uint8_t *flags);

#endif
