// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Reads a model from its file.
#ifndef MG_TRAINER_MODEL_READER_H
#define MG_TRAINER_MODEL_READER_H

#include "model/model.h"
#include "trainer/ranks.h"

// The model of a file that rank 0 reads, for all (mg_ranks_alone(): for this process); to be
// destroyed.  NULL with one line in *error, which names the file; as mg_ranks_read_file().
struct mg_model *mg_model_read(struct mg_ranks *ranks, const char *path,
                               GError **error);

#endif
