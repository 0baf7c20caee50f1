// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// How close a composition is to the nearest passages of a corpus: the mean cosine
// similarity of its windows to the window of the corpus that is nearest to each.
//
// A window is `chunk` steps of a state matrix written as one vector of bits, play and
// articulate of every key; there is one for each step it can start at.  The measure is
// that of the "MusicGuru RNN Composer" (calculateSimilarity in its main.py), but for two
// things: that one forgets the last window of every piece, and a window of silence, which
// has no direction, spoils its figure.  Here a silent window is left out and counted.
#ifndef MG_TRAINER_SIMILARITY_H
#define MG_TRAINER_SIMILARITY_H

#include "trainer/corpus.h"

struct mg_similarity {
    double mean;        // cosine, over the windows that sound; 0..1
    int windows;        // that sound, of the composition
    int silent_windows; // of the composition, left out of the mean
    int short_pieces;   // of the corpus: shorter than a window, not compared
    // The nearest pair of all:
    double nearest;       // its cosine
    int composition_step; // where it starts here
    int piece;            // the piece of the corpus, or -1: none has anything in common
    int piece_step;       // where it starts there
    int semitones;        // from the composition up to the piece
};

// Compares all windows of a composition of 128 keys with all of the corpus, the
// composition moved by every number of semitones from `lowest` to `highest` (0, 0: as it
// is).  1 <= chunk <= the composition's steps.  The same figures for any number of
// threads.  Memory: about 12 bytes a step of the composition and 256 a step of the longest
// piece for each thread.  Returns 0 or -ENOMEM.  Any thread but real time.
int mg_similarity_measure(const struct mg_roll *composition,
                          const struct mg_corpus *corpus, int chunk, int lowest,
                          int highest, int threads, struct mg_similarity *similarity);

#endif
