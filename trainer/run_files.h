// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a training run writes: the model with its checkpoint, a log, a report.
//
// A write that the training can do without for now, such as to a full disk, is borne: it
// goes on, which is said once, and once more when the writing succeeds again.
#ifndef MG_TRAINER_RUN_FILES_H
#define MG_TRAINER_RUN_FILES_H

#include "trainer/keeper.h"
#include "trainer/progress.h"
#include "trainer/run_report.h"
#include "trainer/train_log.h"

// In the order in which their failures are told at the end.
enum mg_run_file {
    MG_RUN_FILE_CHECKPOINT, // and the model
    MG_RUN_FILE_REPORT,
    MG_RUN_FILE_LOG,
    MG_RUN_FILE_COUNT,
};

// The first two are set by the caller, and borrowed.  The training's thread calls all below,
// another one keep() while that one changes nothing.
struct mg_run_files {
    struct mg_training *training;
    const struct mg_progress_line *line; // where failures are said
    struct mg_keeper keeper;
    struct mg_run_report *report; // owned, or NULL
    struct mg_train_log *log;     // owned, or NULL
    double loss_sum;              // training loss since the last held-out score
    int loss_count;
    GError *failed[MG_RUN_FILE_COUNT]; // at the last try; NULL where all is well
};

// Keeps the present state: see mg_keeper_keep().
void mg_run_files_keep(struct mg_run_files *files);

// Logs an update that took `seconds`.
void mg_run_files_update(struct mg_run_files *files, const struct mg_update *update,
                         double seconds);

// Logs and reports a held-out score.
void mg_run_files_score(struct mg_run_files *files, const struct mg_score *score,
                        bool is_best);

// Logs that the training went back from update `from` to where it is now.
void mg_run_files_roll_back(struct mg_run_files *files, int64_t from);

// Completes the report of a run that ends before its last update.  Returns 0, or -EIO where
// the last try to write something failed, with its line in *error.
int mg_run_files_end(struct mg_run_files *files, GError **error);

// Closes them, and gives the lock back.  Takes a zeroed struct.
void mg_run_files_finish(struct mg_run_files *files);

#endif
