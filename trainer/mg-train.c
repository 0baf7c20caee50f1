// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-train: a folder of MIDI files becomes a model file.
#include <cblas.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "io/file.h"
#include "io/program.h"
#include "model/model_file.h"
#include "trainer/keeper.h"
#include "trainer/progress.h"
#include "trainer/run_report.h"
#include "trainer/train_log.h"
#include "trainer/train_options.h"

enum {
    HOLD_OUT_EVERY = 10,
    COMMAND_MAX_BYTES = 4096, // of the command line, in the model file
};

// Everything of one run.
struct run {
    struct mg_train_options options;
    struct mg_settings settings;
    struct mg_backend_choice backend;
    char *command; // the command line as typed
    struct mg_corpus corpus;
    struct mg_corpus held_out;
    struct mg_training training;
    struct mg_keeper keeper;
    struct mg_run_report *report; // or NULL
    struct mg_train_log *log;     // or NULL
    struct mg_progress_line line;
    bool is_lost;    // the training: it is to be rolled back
    double loss_sum; // training loss since the last held-out score
    int loss_count;
    // What could not be written at the last try; NULL where all is well.
    GError *unsaved; // model or checkpoint
    GError *unlogged;
    GError *unreported;
};

static volatile sig_atomic_t stop_signal;

static void
on_signal(int number)
{
    stop_signal = number;
}

// The first ctrl-C finishes the update and writes a checkpoint, a second one kills.
static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN); // who reads the progress may leave: the training goes on
}

// The command line, quoted as a shell wants it, or its beginning.
static char *
quote_command(int argc, char **argv)
{
    GString *text = g_string_new("");
    for (int i = 0; i < argc && text->len < COMMAND_MAX_BYTES; i++) {
        bool plain =
            strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789-+_=./,:") == strlen(argv[i]);
        char *word = plain && *argv[i] ? g_strdup(argv[i]) : g_shell_quote(argv[i]);
        g_string_append_printf(text, "%s%s", i ? " " : "", word);
        g_free(word);
    }
    if (text->len > COMMAND_MAX_BYTES) {
        g_string_truncate(text, COMMAND_MAX_BYTES);
        g_string_append(text, " ...");
    }
    return g_string_free(text, FALSE);
}

static void
print_corpus(const char *what, const struct mg_corpus *corpus)
{
    for (int i = 0; i < corpus->skipped_count; i++)
        fprintf(stderr, "skipped: %s\n", corpus->skipped[i].reason);
    if (!corpus->piece_count)
        return;
    fprintf(stderr,
            "%s: %d pieces, %" G_GINT64_FORMAT " steps, %.2f %% of onsets off the grid",
            what, corpus->piece_count, corpus->steps,
            100.0 * (double)corpus->off_grid_onsets / (double)MAX(1, corpus->notes));
    if (corpus->repaired_files)
        fprintf(stderr, ", %d files repaired", corpus->repaired_files);
    if (corpus->drum_notes)
        fprintf(stderr, ", %" G_GINT64_FORMAT " drum notes left out",
                corpus->drum_notes);
    fputc('\n', stderr);
}

static int
load_corpora(struct run *run, char **paths, GError **error)
{
    int steps_per_quarter = run->settings.shape.steps_per_quarter;
    int status = mg_corpus_load(&run->corpus, paths, steps_per_quarter, error);
    if (!status && run->options.valid)
        status = mg_corpus_load(&run->held_out, run->options.valid, steps_per_quarter,
                                error);
    else if (!status)
        mg_corpus_hold_out(&run->corpus, HOLD_OUT_EVERY, &run->held_out);
    int left_out = mg_corpus_leave_out(&run->corpus, &run->held_out);
    if (left_out)
        fprintf(stderr, "%d pieces of the corpus are held out, and not trained on\n",
                left_out);
    print_corpus("corpus", &run->corpus);
    print_corpus("held out", &run->held_out);
    if (!status)
        mg_train_options_fit_notes(&run->options, &run->settings.shape, &run->corpus,
                                   &run->held_out);
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
    return status;
}

static void
set_number(struct mg_model *model, const char *key, const char *format, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    mg_model_set(model, key, g_ascii_formatd(text, sizeof text, format, value));
}

// What the model file says of itself.
static void
describe_best(struct run *run)
{
    const struct mg_best *best = &run->training.best;
    const struct mg_score *score = &best->score;
    struct mg_model *model = best->model;
    double steps = (double)score->steps;
    mg_model_set(model, "command", run->command);
    set_number(model, "updates", "%.0f", (double)best->update);
    set_number(model, "training_pieces", "%.0f", run->corpus.piece_count);
    set_number(model, "training_notes_per_step", "%.3f",
               (double)run->corpus.sounding / (double)run->corpus.steps);
    set_number(model, "held_out_pieces", "%.0f", run->held_out.piece_count);
    set_number(model, "held_out_steps", "%.0f", steps);
    set_number(model, "held_out_play_nats_per_step", "%.4f", score->loss.play / steps);
    set_number(model, "held_out_articulate_nats_per_step", "%.4f",
               score->loss.articulate / steps);
    set_number(model, "held_out_notes_per_step", "%.3f",
               (double)score->sounding / steps);
    for (char **item = run->options.metadata; item && *item; item++) {
        char *key = g_strndup(*item, strcspn(*item, "="));
        mg_model_set(model, key, *item + strlen(key) + 1);
        g_free(key);
    }
}

static int
resume(struct run *run, GError **error)
{
    int status =
        mg_keeper_resume(&run->keeper, &run->training, run->options.resume, error);
    if (!status && run->training.best.score.steps)
        describe_best(run);
    return status;
}

static int
begin_log(struct run *run, GError **error)
{
    int64_t update = run->options.resume ? run->training.update : -1;
    run->log = mg_train_log_open(run->options.log, update, error);
    return run->log ? 0 : -EIO;
}

static int
begin_report(struct run *run, GError **error)
{
    struct mg_run_setup setup = {
        .folder = run->options.report,
        .command = run->command,
        .model_path = run->options.output,
        .model = run->training.model,
        .corpus = &run->corpus,
        .held_out = &run->held_out,
        .update = run->training.update,
        .updates = run->settings.updates,
        .threads = run->options.threads,
    };
    run->report = mg_run_report_create(&setup, error);
    return run->report ? 0 : -EIO;
}

// The model of --from, of the shape that the options ask for.
static struct mg_model *
read_model(const char *path, const struct mg_shape *shape, GError **error)
{
    GBytes *bytes = mg_file_read(path, MG_MODEL_FILE_MAX_BYTES, error);
    if (!bytes)
        return NULL;
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    struct mg_model *model = mg_model_parse(data, length, error);
    g_bytes_unref(bytes);
    if (!model)
        g_prefix_error(error, "%s: ", path);
    else if (memcmp(&model->layout.shape, shape, sizeof *shape) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: has another grid, range or layers than the options", path);
        mg_model_destroy(model);
        model = NULL;
    }
    return model;
}

// What the training begins with.
static struct mg_model *
first_model(const struct run *run, GError **error)
{
    if (run->options.from && !run->options.resume)
        return read_model(run->options.from, &run->settings.shape, error);
    struct mg_model *model = mg_model_create(&run->settings.shape, error);
    if (model)
        mg_model_randomize(model, run->settings.seed);
    return model;
}

static int
prepare(struct run *run, GError **error)
{
    struct mg_model *model = first_model(run, error);
    if (!model)
        return -EINVAL;
    int status = mg_training_init(&run->training, &run->settings, model, &run->corpus,
                                  &run->backend, error);
    if (status)
        return status;
    if (run->options.resume)
        status = resume(run, error);
    if (!status && run->options.log)
        status = begin_log(run, error);
    return !status && run->options.report ? begin_report(run, error) : status;
}

static void
print_device(const struct mg_backend *backend)
{
    const char *remark = backend->remark;
    fprintf(stderr, "device: %s%s%s%s\n", backend->ops->name, *remark ? " (" : "",
            remark, *remark ? ")" : "");
}

// Of a write that the training can do without for now, such as to a full disk: it goes on,
// and says so once, and once more when the writing succeeds again.  What failed stays in
// *failure, for the end.
static void
bear(struct run *run, GError **failure, const char *what, GError *error)
{
    if (error && !*failure) {
        mg_progress_clear(&run->line);
        fprintf(stderr, "%s; the training goes on, and tries again\n", error->message);
    } else if (!error && *failure) {
        mg_progress_clear(&run->line);
        fprintf(stderr, "update %" G_GINT64_FORMAT ": %s written again\n",
                run->training.update, what);
    }
    g_clear_error(failure);
    *failure = error;
}

static void
keep(struct run *run)
{
    GError *error = NULL;
    mg_keeper_keep(&run->keeper, &run->training, &error);
    bear(run, &run->unsaved, "the checkpoint is", error);
}

static void
report_score(struct run *run, const struct mg_score *score, bool is_best)
{
    GError *error = NULL;
    double loss = run->loss_count ? run->loss_sum / run->loss_count : (double)NAN;
    int64_t update = run->training.update;
    run->loss_sum = 0;
    run->loss_count = 0;
    if (run->log) {
        mg_train_log_score(run->log, update, score, is_best, &error);
        bear(run, &run->unlogged, "the log is", error);
    }
    error = NULL;
    if (run->report) {
        mg_run_report_add(run->report, update, loss, &score->loss, score->steps,
                          &error);
        bear(run, &run->unreported, "the report is", error);
    }
}

static void
print_score(struct run *run, const struct mg_score *score, bool is_best)
{
    double steps = (double)score->steps;
    mg_progress_clear(&run->line);
    fprintf(stderr,
            "update %" G_GINT64_FORMAT
            ": held out %.4f nats a step (play %.4f, articulate %.4f)%s\n",
            run->training.update, mg_score_nats(score), score->loss.play / steps,
            score->loss.articulate / steps, is_best ? ", the best" : "");
}

// Scores the held-out pieces and keeps the state, unless it is lost.
static int
score_and_keep(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    struct mg_score score;
    int status = mg_training_score(t, &run->held_out, &score, error);
    if (!status)
        status = mg_training_store(t, error);
    if (status)
        return status;
    double nats = mg_score_nats(&score), best_nats = mg_score_nats(&t->best.score);
    bool is_best = nats < best_nats;
    print_score(run, &score, is_best);
    run->is_lost = mg_watch_score(nats, best_nats);
    if (run->is_lost)
        return 0;
    run->line.held_out = nats;
    if (is_best) {
        t->best.score = score;
        t->best.update = t->update;
        memcpy(t->best.model->weights, t->model->weights,
               t->model->layout.parameters * sizeof(float));
        describe_best(run);
    }
    report_score(run, &score, is_best);
    keep(run);
    return 0;
}

static int
update_once(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    struct mg_update update;
    gint64 began_us = g_get_monotonic_time();
    int status = mg_training_update(t, &update, error);
    if (status)
        return status;
    double seconds = 1e-6 * (double)(g_get_monotonic_time() - began_us);
    double loss = update.loss.play + update.loss.articulate;
    run->is_lost = mg_watch_update(&t->watch, loss, update.norm);
    if (isfinite(loss)) {
        run->loss_sum += loss;
        run->loss_count++;
    }
    GError *failure = NULL;
    if (run->log) {
        mg_train_log_update(run->log, t->update, &update, run->settings.shape.notes,
                            seconds, &failure);
        bear(run, &run->unlogged, "the log is", failure);
    }
    mg_progress_show(&run->line, t->update, &update, t->watch.mean);
    return 0;
}

// A loss that is no number or has exploded: back to the last state kept, at half the rate.
static int
roll_back(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int64_t from = t->update;
    run->is_lost = false;
    run->loss_sum = 0;
    run->loss_count = 0;
    mg_progress_clear(&run->line);
    if (t->watch.rollbacks >= MG_WATCH_ROLLBACKS_MAX) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "the loss is lost again after update %" G_GINT64_FORMAT
                    ", at 1/%d of the rate: try a smaller --learning-rate",
                    from, 1 << MG_WATCH_ROLLBACKS_MAX);
        return -EDOM;
    }
    int status = mg_keeper_roll_back(&run->keeper, t, error);
    if (status)
        return status;
    fprintf(stderr,
            "update %" G_GINT64_FORMAT
            ": the loss is not finite or has exploded; back to update %" G_GINT64_FORMAT
            ", at 1/%.0f of the rate\n",
            from, t->update, 1.0 / mg_watch_rate_share(&t->watch));
    keep(run);
    GError *failure = NULL;
    if (run->log) {
        mg_train_log_rollback(run->log, from, t, &failure);
        bear(run, &run->unlogged, "the log is", failure);
    }
    return 0;
}

// No better score for so long that none is to be expected.
static bool
is_exhausted(const struct run *run)
{
    const struct mg_training *t = &run->training;
    int64_t scores = (t->update - t->best.update) / run->options.checkpoint_every;
    return run->options.patience && scores >= run->options.patience;
}

// Time for a score.  A state in doubt is not to be kept: it waits for the next time.
static bool
is_due(const struct run *run)
{
    const struct mg_training *t = &run->training;
    return t->update == run->settings.updates ||
           (t->update % run->options.checkpoint_every == 0 && !t->watch.doubtful);
}

static int
train(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int64_t last = run->settings.updates;
    int status =
        mg_keeper_keep(&run->keeper, t, error); // fails now rather than at night
    mg_progress_begin(&run->line, stderr, last, run->settings.shape.notes);
    if (t->best.score.steps)
        run->line.held_out = mg_score_nats(&t->best.score);
    while (!status && !stop_signal && t->update < last && !is_exhausted(run)) {
        status = update_once(run, error);
        if (!status && !run->is_lost && is_due(run))
            status = score_and_keep(run, error);
        if (!status && run->is_lost)
            status = roll_back(run, error);
    }
    mg_progress_clear(&run->line);
    return status;
}

// Says why it ended before the last update, if it did.
static int
stop(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    if (!stop_signal && !t->best.score.steps) // resumed with no update left
        return score_and_keep(run, error);
    if (!stop_signal) {
        if (t->update < run->settings.updates)
            fprintf(stderr,
                    "ended after update %" G_GINT64_FORMAT
                    ": no better score in %d (--patience)\n",
                    t->update, run->options.patience);
        return 0;
    }
    int status = t->watch.doubtful ? roll_back(run, error) : 0;
    if (status)
        return status;
    keep(run);
    if (!run->unsaved)
        fprintf(stderr,
                "stopped after update %" G_GINT64_FORMAT "; go on with --resume %s\n",
                t->update, run->keeper.checkpoint_path);
    return 0;
}

// After the last update, or ctrl-C.  What could not be written last is what failed.
static int
end_training(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int status = stop(run, error);
    if (!status && t->update < run->settings.updates && run->report) {
        GError *failure = NULL;
        mg_run_report_end(run->report, &failure);
        bear(run, &run->unreported, "the report is", failure);
    }
    GError **failures[] = {&run->unsaved, &run->unreported, &run->unlogged};
    for (size_t i = 0; !status && i < G_N_ELEMENTS(failures); i++) {
        if (!*failures[i])
            continue;
        g_propagate_error(error, g_steal_pointer(failures[i]));
        status = -EIO;
    }
    return status;
}

static int
run_all(struct run *run, char **paths, GError **error)
{
    int status =
        mg_keeper_init(&run->keeper, run->options.output, !run->options.resume, error);
    if (!status)
        status = load_corpora(run, paths, error);
    if (!status)
        status = prepare(run, error);
    if (!status)
        print_device(run->training.backend);
    if (!status)
        status = train(run, error);
    if (!status)
        status = end_training(run, error);
    if (!status && run->training.best.score.steps)
        printf("%s: %.4f nats a step on held-out pieces, from update %" G_GINT64_FORMAT
               "\n",
               run->options.output, mg_score_nats(&run->training.best.score),
               run->training.best.update);
    return status;
}

static void
finish(struct run *run)
{
    g_clear_error(&run->unsaved);
    g_clear_error(&run->unlogged);
    g_clear_error(&run->unreported);
    mg_train_log_close(run->log);
    mg_run_report_destroy(run->report);
    mg_training_finish(&run->training);
    mg_corpus_finish(&run->held_out);
    mg_corpus_finish(&run->corpus);
    mg_keeper_finish(&run->keeper);
    g_free(run->command);
    mg_train_options_finish(&run->options);
}

static int
start(struct run *run, int argc, char **argv)
{
    GError *error = NULL;
    if (!run->options.output || argc < 2)
        return mg_program_usage("needs -o MODEL and a CORPUS");
    if (mg_train_options_settings(&run->options, &run->settings, &error) ||
        mg_train_options_backend(&run->options, &run->backend, &error)) {
        int status = mg_program_usage("%s", error->message);
        g_error_free(error);
        return status;
    }
    openblas_set_num_threads(1); // our own threads take whole segments
    catch_signals();
    return run_all(run, argv + 1, &error) ? mg_program_fail_error(error)
                                          : MG_PROGRAM_DONE;
}

int
main(int argc, char **argv)
{
    struct run run = {.command = quote_command(argc, argv)};
    mg_train_options_init(&run.options);
    GOptionEntry *entries = mg_train_options_entries(&run.options);
    int status = mg_program_parse(&argc, &argv, "mg-train", "-o MODEL CORPUS...",
                                  "Trains a model on a folder of MIDI files.", entries);
    g_free(entries);
    if (status == MG_PROGRAM_GO_ON)
        status = start(&run, argc, argv);
    finish(&run);
    return mg_program_end(status);
}
