// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A piece out of a model with nothing around it: how the training sounds by now.
#ifndef MG_TRAINER_SAMPLE_H
#define MG_TRAINER_SAMPLE_H

#include "io/smf.h"
#include "model/model.h"

// Draws `steps` steps from the start of a song, temperature 1, no gap filling, as notes
// at 120 BPM.  The caller calls mg_smf_finish().  Returns 0 or -ENOMEM.
int mg_sample_draw(const struct mg_model *model, uint64_t seed, int steps,
                   struct mg_smf *smf);

#endif
