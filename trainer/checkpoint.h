// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Checkpoints: everything a training needs to go on as if it had never stopped, in one
// safetensors file (the weights under their own names, so that any notebook opens it).
// One SHA-256 covers the arrays, one the metadata: a changed byte of either is refused.
#ifndef MG_TRAINER_CHECKPOINT_H
#define MG_TRAINER_CHECKPOINT_H

#include "trainer/training.h"

// The bytes of a checkpoint: weights, both means of the optimiser, settings, update, the
// state of the watch, and the best so far with its weights.
GBytes *mg_checkpoint_encode(const struct mg_training *training);

// Continues from a checkpoint.  `training` was set up with the settings and the corpus to
// be used; where they are not the checkpoint's, the line in *error names the first that
// differs (the number of updates may, while the rate does not depend on it).  Returns 0 or
// -errno; on failure the training is not to be used.
int mg_checkpoint_restore(struct mg_training *training, const void *bytes,
                          size_t length, GError **error);

#endif
