// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The log of a training for programs: JSON objects, one a line, each of one update, one
// held-out score or one rollback (see --log in mg-train.1).  No update stands in it twice.
#ifndef MG_TRAINER_TRAIN_LOG_H
#define MG_TRAINER_TRAIN_LOG_H

#include <glib.h>

#include "trainer/training.h"

struct mg_train_log;

// Opens or makes the file.  Lines of updates after `update`, where the training goes on
// (-1: all lines), are cut off, and a last one that is not whole; a file that is no such log is refused.
// Where it is no regular file it is only written to.  NULL with one line in *error.
struct mg_train_log *mg_train_log_open(const char *path, int64_t update,
                                       GError **error);
void mg_train_log_close(struct mg_train_log *log); // takes NULL

// Each writes one line, whole or not at all.  Returns 0, or -errno with one line in *error.

// An update that took `seconds`; done: updates up to now, notes: of the model.
int mg_train_log_update(struct mg_train_log *log, int64_t done,
                        const struct mg_update *update, int notes, double seconds,
                        GError **error);
int mg_train_log_score(struct mg_train_log *log, int64_t done,
                       const struct mg_score *score, bool is_best, GError **error);
// After the rollback: the lines after its update are cut off first.
int mg_train_log_rollback(struct mg_train_log *log, int64_t from,
                          const struct mg_training *training, GError **error);

#endif
