// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The features of one note at one step.  The model file names their set; that of "seed" is
//
//   0       position      (MIDI number - 64) / 24
//   1..12   pitch class   1 at MIDI number mod 12
//   13..62  vicinity      for offset -12..12: that neighbour's play, articulate; or 0
//   63..74  context       for k = 0..11: how many notes sound of class own + k mod 12
//   75..78  beat          t mod 16 as 4 bits, low bit first, each -1 or +1
//   79      zero          0
//
// and "full" has more, of the bits that model/recall.h adds to the cells (its note axis too has
// more inputs: model/below.h):
//
//   80, 81  recalled      what the music did here before: play, articulate
//   82      sure          how sure that is, 0 to 1
//   83      recalled play times sure
//   84..91  ago           whether it played 12, 16, 24, 32, 48, 64, 96, 128 steps before the
//                         step to come
#ifndef MG_MODEL_FEATURES_H
#define MG_MODEL_FEATURES_H

#include <stdint.h>

enum {
    MG_FEATURE_POSITION = 0,
    MG_FEATURE_PITCH_CLASS = 1,
    MG_FEATURE_VICINITY = 13,
    MG_FEATURE_CONTEXT = 63,
    MG_FEATURE_BEAT = 75,
    MG_FEATURE_RECALLED = 80,
    MG_FEATURE_SURE = 82,
    MG_FEATURE_SURELY_PLAYED = 83,
    MG_FEATURE_AGO = 84,

    MG_FEATURES_OF_SEED = 80,
    MG_FEATURES_OF_FULL = 92,
    MG_FEATURES_MAX = MG_FEATURES_OF_FULL,

    MG_REACH = 12, // of the vicinity, in semitones either way
    MG_PITCH_CLASSES = 12,
    MG_BEAT_BITS = 4,
    MG_BEATS = 16,
};

enum mg_feature_set { MG_FEATURE_SET_SEED, MG_FEATURE_SET_FULL, MG_FEATURE_SETS };

// F, and the set's name in the model file.
int mg_feature_count(enum mg_feature_set set);
const char *mg_feature_set_name(enum mg_feature_set set);

// The set of a name; MG_FEATURE_SETS where there is none.
enum mg_feature_set mg_feature_set_find(const char *name);

// Features of all notes of one step.  heard: (N) of enum mg_cell bits, and for the set
// "full" those of enum mg_heard_bits; beat: t mod 16, 0..15; out: (N, F).  Any thread.
// Never fails, never allocates.
void mg_features(enum mg_feature_set set, int lowest_note, int notes,
                 const uint16_t *heard, int beat, float *out);

// The same of one note as a list of those that are not zero, in the order of their
// index, without those of the beat, which all notes share.
struct mg_feature_list {
    int count;
    uint8_t index[MG_FEATURES_MAX];
    float value[MG_FEATURES_MAX];
};

// Lists of the notes first .. end - 1.  lists: (N), of which theirs are written.  Any
// thread.  Never fails, never allocates.
void mg_feature_lists(enum mg_feature_set set, int lowest_note, int notes,
                      const uint16_t *heard, int first, int end,
                      struct mg_feature_list *lists);

// One of the beat's features: -1 or +1.
float mg_beat_feature(int beat, int bit);

// t mod 16 for any t, also before the start of the song (t = -1 gives 15).
int mg_beat_of(int64_t t);

#endif
