// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A prime: a MIDI file that the network hears, and goes on from.
#ifndef MG_ENGINE_PRIME_H
#define MG_ENGINE_PRIME_H

#include <glib.h>

#include "model/model.h"
#include "model/roll.h"

enum { MG_PRIME_STEPS_MAX = 100000 };

// Loads a MIDI file as the model's notes and steps, drums left out; it ends with its
// last note.  *bpm: its first tempo, or as it was when it has none.  Returns 0 or
// -errno with one line in *error; *roll is then untouched.  Free with
// mg_roll_finish().  Main thread.
int mg_prime_load(const char *path, const struct mg_shape *shape, struct mg_roll *roll,
                  double *bpm, GError **error);

#endif
