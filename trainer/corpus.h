// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A corpus: the pieces of a list of files and folders as state matrices, and what was
// left out and why.
#ifndef MG_TRAINER_CORPUS_H
#define MG_TRAINER_CORPUS_H

#include <assert.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/features.h"
#include "model/roll.h"

struct mg_piece_metre {
    uint8_t numerator;   // 1..255
    uint8_t denominator; // 1, 2, 4 .. 128
};

struct mg_piece {
    char *name;               // as found, relative to its argument
    struct mg_roll roll;      // all 128 keys
    struct mg_roll recalling; // the same with what is recalled, or empty
    int lowest_key;           // of the keys that sound; lowest > highest in silence
    int highest_key;
    int64_t notes;           // onsets
    int64_t sounding;        // cells that play
    int64_t off_grid_onsets; // more than a sixteenth of a step from the nearest step
    int64_t drum_notes;      // on channel 10, left out
    bool repaired;           // read with something dropped or mended
    struct mg_piece_metre *metres; // the time signatures of the file, each once; owned
    int metre_count;               // 0: it has none, which stands for 4/4
};

struct mg_skipped {
    char *name;
    char *reason; // one line that begins with the path
};

// Both lists are owned; their order is that of the files found.
struct mg_corpus {
    struct mg_piece *pieces;
    int piece_count;
    struct mg_skipped *skipped;
    int skipped_count;
    int steps_per_quarter;
    int64_t steps; // of all pieces, as what follows
    int64_t notes;
    int64_t sounding;
    int64_t off_grid_onsets;
    int64_t drum_notes;
    int repaired_files;
};

// Reads every MIDI file under `arguments` (NULL-terminated files and folders).  A file
// that cannot be read, has no note, is over 100,000 steps or has the same music as one
// before it is skipped, not an error.
// Returns 0, or -errno with one line in *error when an argument is missing or nothing
// is left.
int mg_corpus_load(struct mg_corpus *corpus, char *const *arguments,
                   int steps_per_quarter, GError **error);

// Reads one file as a piece, to be freed with mg_corpus_finish_piece().  Returns 0, or
// -errno with one line in *error.
int mg_corpus_read_piece(const char *path, const char *name, int steps_per_quarter,
                         struct mg_piece *piece, GError **error);
void mg_corpus_finish_piece(struct mg_piece *piece);

void mg_corpus_finish(struct mg_corpus *corpus); // takes a zeroed struct

// Moves about one piece in `every` out of `corpus` to `held_out` (zeroed): those whose
// name hashes so, the same ones on every run and machine.  At least one stays and one
// goes, if there are two.
void mg_corpus_hold_out(struct mg_corpus *corpus, int every,
                        struct mg_corpus *held_out);

// Once: gets a corpus ready to be heard by networks of a feature set: has its pieces recall
// themselves, all 128 keys of them, if the set wants it; the low eight bits of enum
// mg_heard_bits stand in the cells, and the others follow from the steps before.  Returns
// 0, or -ENOMEM with one line in *error.
int mg_corpus_prepare(struct mg_corpus *corpus, enum mg_feature_set set,
                      GError **error);

// A piece as networks of that set hear it, once the corpus is ready.
static inline const struct mg_roll *
mg_piece_heard(const struct mg_piece *piece, enum mg_feature_set set)
{
    assert(set != MG_FEATURE_SET_FULL || piece->recalling.cells);
    return set == MG_FEATURE_SET_FULL ? &piece->recalling : &piece->roll;
}

// Takes the pieces out of `corpus` whose music is in `held_out` too.  Returns how many.
int mg_corpus_leave_out(struct mg_corpus *corpus, const struct mg_corpus *held_out);

#endif
