// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// That all ranks have the same: options, pieces, weights.  Each host reads its own files.
#ifndef MG_TRAINER_ACCORD_H
#define MG_TRAINER_ACCORD_H

#include "trainer/corpus.h"
#include "trainer/ranks.h"
#include "trainer/train_options.h"

// Each returns 0, or -ESTALE on all ranks where one has something else, with one line in
// *error on rank 0; or as mg_ranks_ops.sum().

int mg_accord_options(struct mg_ranks *ranks, const struct mg_train_options *options,
                      GError **error);
int mg_accord_corpora(struct mg_ranks *ranks, const struct mg_corpus *corpus,
                      const struct mg_corpus *held_out, GError **error);
// Of the host; they are the same bits or the training is none.
int mg_accord_weights(struct mg_ranks *ranks, const struct mg_model *model,
                      GError **error);

#endif
