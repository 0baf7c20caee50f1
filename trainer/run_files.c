// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Writes on, whatever the disk says.
#include "trainer/run_files.h"

#include <errno.h>
#include <math.h>

// Takes the error of a try over; NULL: it succeeded.
static void
bear(struct mg_run_files *files, enum mg_run_file file, GError *error)
{
    static const char *const WRITTEN[MG_RUN_FILE_COUNT] = {
        [MG_RUN_FILE_CHECKPOINT] = "the checkpoint is",
        [MG_RUN_FILE_REPORT] = "the report is",
        [MG_RUN_FILE_LOG] = "the log is",
    };
    GError **failed = &files->failed[file];
    if (error && !*failed)
        mg_progress_say(files->line, "%s; the training goes on, and tries again\n",
                        error->message);
    else if (!error && *failed)
        mg_progress_say(files->line, "update %" G_GINT64_FORMAT ": %s written again\n",
                        files->training->update, WRITTEN[file]);
    g_clear_error(failed);
    *failed = error;
}

void
mg_run_files_keep(struct mg_run_files *files)
{
    GError *error = NULL;
    mg_keeper_keep(&files->keeper, files->training, &error);
    bear(files, MG_RUN_FILE_CHECKPOINT, error);
}

void
mg_run_files_update(struct mg_run_files *files, const struct mg_update *update,
                    double seconds)
{
    const struct mg_training *t = files->training;
    double loss = update->loss.play + update->loss.articulate;
    if (isfinite(loss)) {
        files->loss_sum += loss;
        files->loss_count++;
    }
    if (!files->log)
        return;
    GError *error = NULL;
    mg_train_log_update(files->log, t->update, update, t->settings.shape.notes, seconds,
                        &error);
    bear(files, MG_RUN_FILE_LOG, error);
}

void
mg_run_files_score(struct mg_run_files *files, const struct mg_score *score,
                   bool is_best)
{
    GError *error = NULL;
    double loss = files->loss_count ? files->loss_sum / files->loss_count : (double)NAN;
    int64_t update = files->training->update;
    files->loss_sum = 0;
    files->loss_count = 0;
    if (files->log) {
        mg_train_log_score(files->log, update, score, is_best, &error);
        bear(files, MG_RUN_FILE_LOG, error);
    }
    error = NULL;
    if (files->report) {
        mg_run_report_add(files->report, update, loss, &score->loss, score->steps,
                          &error);
        bear(files, MG_RUN_FILE_REPORT, error);
    }
}

void
mg_run_files_roll_back(struct mg_run_files *files, int64_t from)
{
    files->loss_sum = 0;
    files->loss_count = 0;
    if (!files->log)
        return;
    GError *error = NULL;
    mg_train_log_rollback(files->log, from, files->training, &error);
    bear(files, MG_RUN_FILE_LOG, error);
}

int
mg_run_files_end(struct mg_run_files *files, GError **error)
{
    const struct mg_training *t = files->training;
    if (files->report && t->update < t->settings.updates) {
        GError *failure = NULL;
        mg_run_report_end(files->report, &failure);
        bear(files, MG_RUN_FILE_REPORT, failure);
    }
    for (int i = 0; i < MG_RUN_FILE_COUNT; i++)
        if (files->failed[i]) {
            g_propagate_error(error, g_steal_pointer(&files->failed[i]));
            return -EIO;
        }
    return 0;
}

void
mg_run_files_finish(struct mg_run_files *files)
{
    for (int i = 0; i < MG_RUN_FILE_COUNT; i++)
        g_clear_error(&files->failed[i]);
    mg_train_log_close(files->log);
    mg_run_report_destroy(files->report);
    mg_keeper_finish(&files->keeper);
}
