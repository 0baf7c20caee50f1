// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// How a run begins, and what is left of it.
#include "trainer/run.h"

#include <errno.h>
#include <string.h>

#include "trainer/accord.h"
#include "trainer/model_reader.h"

enum { HOLD_OUT_EVERY = 10 };

static void
print_corpus(FILE *say, const char *what, const struct mg_corpus *corpus)
{
    for (int i = 0; i < corpus->skipped_count; i++)
        fprintf(say, "skipped: %s\n", corpus->skipped[i].reason);
    if (!corpus->piece_count)
        return;
    fprintf(say,
            "%s: %d pieces, %" G_GINT64_FORMAT " steps, %.2f %% of onsets off the grid",
            what, corpus->piece_count, corpus->steps,
            100.0 * (double)corpus->off_grid_onsets / (double)MAX(1, corpus->notes));
    if (corpus->repaired_files)
        fprintf(say, ", %d files repaired", corpus->repaired_files);
    if (corpus->drum_notes)
        fprintf(say, ", %" G_GINT64_FORMAT " drum notes left out", corpus->drum_notes);
    fputc('\n', say);
}

// Cells of a piece that sound where the model has no key.
static int64_t
count_outside(const struct mg_piece *piece, const struct mg_shape *shape)
{
    int64_t outside = 0;
    for (int t = 0; t < piece->roll.steps; t++) {
        const uint8_t *row = mg_roll_row(&piece->roll, t);
        for (int key = piece->lowest_key; key < shape->lowest_note; key++)
            outside += row[key] & MG_CELL_PLAY;
        for (int key = shape->lowest_note + shape->notes; key <= piece->highest_key;
             key++)
            outside += row[key] & MG_CELL_PLAY;
    }
    return outside;
}

static void
print_outside(const struct mg_run *run)
{
    const struct mg_corpus *corpus = &run->corpus;
    const struct mg_shape *shape = &run->settings.shape;
    int64_t outside = 0;
    for (int i = 0; i < corpus->piece_count; i++)
        outside += count_outside(&corpus->pieces[i], shape);
    if (outside)
        fprintf(
            run->say,
            "%.2f %% of what sounds is outside of MIDI notes %d to %d: not learned\n",
            100.0 * (double)outside / (double)corpus->sounding, shape->lowest_note,
            shape->lowest_note + shape->notes - 1);
}

static int
load_corpora(struct mg_run *run, char **paths, GError **error)
{
    int steps_per_quarter = run->settings.shape.steps_per_quarter;
    int status = mg_corpus_load(&run->corpus, paths, steps_per_quarter, error);
    if (!status && run->options->valid)
        status = mg_corpus_load(&run->held_out, run->options->valid, steps_per_quarter,
                                error);
    else if (!status)
        mg_corpus_hold_out(&run->corpus, HOLD_OUT_EVERY, &run->held_out);
    int left_out = mg_corpus_leave_out(&run->corpus, &run->held_out);
    if (left_out)
        fprintf(run->say, "%d pieces of the corpus are held out, and not trained on\n",
                left_out);
    print_corpus(run->say, "corpus", &run->corpus);
    print_corpus(run->say, "held out", &run->held_out);
    if (!status)
        mg_train_options_fit_notes(run->options, &run->settings.shape, &run->corpus,
                                   &run->held_out);
    print_outside(run);
    if (!status && !run->corpus.piece_count) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "every piece is held out: nothing is left to train on");
        status = -EINVAL;
    }
    if (!status && !run->held_out.piece_count) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "only one piece: name held-out pieces with --valid");
        status = -EINVAL;
    }
    enum mg_feature_set set = run->settings.shape.feature_set;
    if (!status)
        status = mg_corpus_prepare(&run->corpus, set, error);
    if (!status)
        status = mg_corpus_prepare(&run->held_out, set, error);
    return status;
}

static int
read_from(struct mg_run *run, GError **error)
{
    run->from = mg_model_read(run->ranks, run->options->from, error);
    int status = -EINVAL;
    if (run->from)
        status = mg_train_options_fit_model(run->options, &run->settings.shape,
                                            &run->from->layout.shape, error);
    return mg_ranks_agree(run->ranks, status, error);
}

static int
load(struct mg_run *run, char **paths, GError **error)
{
    struct mg_ranks *ranks = run->ranks;
    int status = mg_accord_options(ranks, run->options, error);
    if (!status && run->options->from)
        status = read_from(run, error);
    if (status)
        return status;
    status = mg_keeper_init(&run->files.keeper, ranks, run->options->output,
                            run->options->resume, error);
    if (!status)
        status = load_corpora(run, paths, error);
    status = mg_ranks_agree(ranks, status, error);
    return status ? status
                  : mg_accord_corpora(ranks, &run->corpus, &run->held_out, error);
}

// What the training begins with.
static struct mg_model *
first_model(struct mg_run *run, GError **error)
{
    if (run->from)
        return g_steal_pointer(&run->from);
    struct mg_model *model = mg_model_create(&run->settings.shape, error);
    if (model)
        mg_model_randomize(model, run->settings.seed);
    return model;
}

static int
make_training(struct mg_run *run, GError **error)
{
    struct mg_model *model = first_model(run, error);
    int status = model ? mg_training_init(&run->training, &run->settings, model,
                                          &run->corpus, &run->backend, error)
                       : -EINVAL;
    run->training.held_out = &run->held_out;
    return mg_ranks_agree(run->ranks, status, error);
}

static int
resume(struct mg_run *run, GError **error)
{
    int status = mg_keeper_resume(&run->files.keeper, &run->training,
                                  run->options->resume, error);
    return mg_ranks_agree(run->ranks, status, error);
}

static int
begin_log(struct mg_run *run, GError **error)
{
    int64_t update = run->options->resume ? run->training.update : -1;
    run->files.log = mg_train_log_open(run->options->log, update, error);
    return run->files.log ? 0 : -EIO;
}

static int
begin_report(struct mg_run *run, GError **error)
{
    struct mg_run_setup setup = {
        .folder = run->options->report,
        .command = run->command,
        .model_path = run->options->output,
        .model = run->training.model,
        .corpus = &run->corpus,
        .held_out = &run->held_out,
        .update = run->training.update,
        .updates = run->settings.updates,
        .threads = run->backend.threads,
    };
    run->files.report = mg_run_report_create(&setup, error);
    return run->files.report ? 0 : -EIO;
}

static int
open_files(struct mg_run *run, GError **error)
{
    int status = 0;
    if (run->options->log)
        status = begin_log(run, error);
    return !status && run->options->report ? begin_report(run, error) : status;
}

int
mg_run_prepare(struct mg_run *run, char **paths, GError **error)
{
    run->files.training = &run->training;
    run->files.line = &run->line;
    int status = load(run, paths, error);
    if (!status)
        status = make_training(run, error);
    if (!status && run->options->resume)
        status = resume(run, error);
    if (status)
        return status;
    if (run->ranks->rank == 0)
        status = open_files(run, error);
    return mg_ranks_agree(run->ranks, status, error);
}

void
mg_run_finish(struct mg_run *run)
{
    mg_run_files_finish(&run->files);
    mg_training_finish(&run->training);
    mg_model_destroy(run->from);
    mg_corpus_finish(&run->held_out);
    mg_corpus_finish(&run->corpus);
}
