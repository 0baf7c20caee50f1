// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a model file says of itself: the run that made it, and how well it predicts.
#ifndef MG_TRAINER_MODEL_CARD_H
#define MG_TRAINER_MODEL_CARD_H

#include "trainer/training.h"

// Writes it into the metadata of best's model, where best has a score.  command: of the run,
// as typed; metadata: KEY=VALUE each, NULL-terminated, or NULL.
void mg_model_card_write(const struct mg_best *best, const char *command,
                         const struct mg_corpus *corpus,
                         const struct mg_corpus *held_out, char *const *metadata);

#endif
