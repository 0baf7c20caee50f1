// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-train: a folder of MIDI files becomes a model file.
#include <cblas.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/program.h"
#include "trainer/accord.h"
#include "trainer/gradient_sum.h"
#include "trainer/model_card.h"
#include "trainer/model_reader.h"
#include "trainer/rescue.h"
#include "trainer/run_files.h"
#include "trainer/team.h"
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
    struct mg_ranks *ranks;
    FILE *say;     // stderr, on rank 0; what all ranks would say alike goes there
    char *command; // the command line as typed
    struct mg_corpus corpus;
    struct mg_corpus held_out;
    struct mg_training training;
    struct mg_run_files files;
    struct mg_progress_line line;
    struct mg_rescue rescue;
    bool is_under_way; // an error that is not of all ranks ends them all at once
    bool must_stop;    // told to, or another rank is
    bool is_lost;      // the training: it is to be rolled back
    double update_seconds, sum_seconds; // of updates_timed of them
    int64_t updates_timed;
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
        fprintf(run->say, "%d pieces of the corpus are held out, and not trained on\n",
                left_out);
    print_corpus(run->say, "corpus", &run->corpus);
    print_corpus(run->say, "held out", &run->held_out);
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
describe_best(struct run *run)
{
    mg_model_card_write(&run->training.best, run->command, &run->corpus, &run->held_out,
                        run->options.metadata);
}

static int
resume(struct run *run, GError **error)
{
    int status = mg_keeper_resume(&run->files.keeper, &run->training,
                                  run->options.resume, error);
    if (!status && run->training.best.score.steps)
        describe_best(run);
    return status;
}

static int
begin_log(struct run *run, GError **error)
{
    int64_t update = run->options.resume ? run->training.update : -1;
    run->files.log = mg_train_log_open(run->options.log, update, error);
    return run->files.log ? 0 : -EIO;
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
        .threads = run->backend.threads,
    };
    run->files.report = mg_run_report_create(&setup, error);
    return run->files.report ? 0 : -EIO;
}

// The model of --from, of the shape that the options ask for.
static struct mg_model *
read_model(const struct run *run, GError **error)
{
    const char *path = run->options.from;
    const struct mg_shape *shape = &run->settings.shape;
    struct mg_model *model = mg_model_read(run->ranks, path, error);
    if (model && memcmp(&model->layout.shape, shape, sizeof *shape) != 0) {
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
        return read_model(run, error);
    struct mg_model *model = mg_model_create(&run->settings.shape, error);
    if (model)
        mg_model_randomize(model, run->settings.seed);
    return model;
}

static int
make_training(struct run *run, GError **error)
{
    struct mg_model *model = first_model(run, error);
    int status = model ? mg_training_init(&run->training, &run->settings, model,
                                          &run->corpus, &run->backend, error)
                       : -EINVAL;
    return mg_ranks_agree(run->ranks, status, error);
}

static int
open_files(struct run *run, GError **error)
{
    int status = 0;
    if (run->options.log)
        status = begin_log(run, error);
    return !status && run->options.report ? begin_report(run, error) : status;
}

static int
prepare(struct run *run, GError **error)
{
    int status = make_training(run, error);
    if (!status && run->options.resume)
        status = mg_ranks_agree(run->ranks, resume(run, error), error);
    if (status)
        return status;
    if (run->ranks->rank == 0)
        status = open_files(run, error);
    return mg_ranks_agree(run->ranks, status, error);
}

static void
print_device(const struct run *run)
{
    const struct mg_backend *backend = run->training.backend;
    const char *remark = backend->remark;
    fprintf(run->say, "device: %s%s%s%s\n", backend->ops->name, *remark ? " (" : "",
            remark, *remark ? ")" : "");
}

// How many share the training, and what their sum costs by itself.
static void
print_ranks(const struct run *run)
{
    const struct mg_ranks *ranks = run->ranks;
    const struct mg_layout *layout = &run->training.model->layout;
    if (ranks->size == 1)
        return;
    fprintf(
        run->say,
        "ranks: %d on %d host%s, %d thread%s each; the sum of the gradient, %.2f MB, "
        "takes %.2f ms by itself\n",
        ranks->size, ranks->hosts, ranks->hosts > 1 ? "s" : "", run->backend.threads,
        run->backend.threads > 1 ? "s" : "",
        1e-6 * (double)(layout->parameters * sizeof(float)),
        1e3 * mg_gradient_sum_measure(run->ranks, layout));
    fprintf(run->say, "should a rank die, go on with --resume %s\n",
            run->files.keeper.checkpoint_path);
}

// What was left of that cost.
static void
print_sums(const struct run *run)
{
    double updates = (double)run->updates_timed;
    if (run->ranks->size == 1 || !run->updates_timed)
        return;
    mg_progress_say(
        &run->line,
        "an update took %.2f ms, of which %.2f ms waited for the sum of the "
        "gradient\n",
        1e3 * run->update_seconds / updates, 1e3 * run->sum_seconds / updates);
}

static void
print_score(struct run *run, const struct mg_score *score, bool is_best)
{
    double steps = (double)score->steps;
    mg_progress_say(&run->line,
                    "update %" G_GINT64_FORMAT
                    ": held out %.4f nats a step (play %.4f, articulate %.4f)%s\n",
                    run->training.update, mg_score_nats(score),
                    score->loss.play / steps, score->loss.articulate / steps,
                    is_best ? ", the best" : "");
}

// Scores the held-out pieces and keeps the state, unless it is lost.
static int
score_and_keep(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    struct mg_score score;
    mg_rescue_open(&run->rescue, false);
    int status = mg_training_score(t, &run->held_out, &score, error);
    mg_rescue_close(&run->rescue);
    if (!status)
        status = mg_training_store(t, error);
    if (!status)
        status = mg_accord_weights(run->ranks, t->model, error);
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
    mg_run_files_score(&run->files, &score, is_best);
    mg_run_files_keep(&run->files);
    return 0;
}

static int
update_once(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    struct mg_update update;
    gint64 began_us = g_get_monotonic_time();
    mg_rescue_open(&run->rescue, true);
    int status = mg_training_gradient(t, stop_signal != 0, &update, error);
    mg_rescue_close(&run->rescue);
    if (!status)
        status = mg_training_apply(t, &update, error);
    if (status)
        return status;
    double seconds = 1e-6 * (double)(g_get_monotonic_time() - began_us);
    run->must_stop = update.stop;
    run->update_seconds += seconds;
    run->sum_seconds += update.sum_seconds;
    run->updates_timed++;
    double loss = update.loss.play + update.loss.articulate;
    run->is_lost = mg_watch_update(&t->watch, loss, update.norm);
    mg_run_files_update(&run->files, &update, seconds);
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
    if (t->watch.rollbacks >= MG_WATCH_ROLLBACKS_MAX) {
        if (run->ranks->rank)
            return -ECANCELED;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "the loss is lost again after update %" G_GINT64_FORMAT
                    ", at 1/%d of the rate: try a smaller --learning-rate",
                    from, 1 << MG_WATCH_ROLLBACKS_MAX);
        return -EDOM;
    }
    int status = mg_keeper_roll_back(&run->files.keeper, t, error);
    if (status)
        return status;
    mg_progress_say(
        &run->line,
        "update %" G_GINT64_FORMAT
        ": the loss is not finite or has exploded; back to update %" G_GINT64_FORMAT
        ", at 1/%.0f of the rate\n",
        from, t->update, 1.0 / mg_watch_rate_share(&t->watch));
    mg_run_files_keep(&run->files);
    mg_run_files_roll_back(&run->files, from);
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

// Told to stop, all ranks after the same update.
static bool
must_stop(const struct run *run)
{
    return run->must_stop || (run->ranks->size == 1 && stop_signal);
}

static void
say_stopped(const struct run *run)
{
    if (!run->files.failed[MG_RUN_FILE_CHECKPOINT])
        mg_progress_say(&run->line,
                        "stopped after update %" G_GINT64_FORMAT
                        "; go on with --resume %s\n",
                        run->training.update, run->files.keeper.checkpoint_path);
}

// The others do not answer: keeps the state before the update in hand.
static void
save(struct run *run)
{
    if (run->training.watch.doubtful) {
        mg_progress_say(&run->line, "go on with --resume %s\n",
                        run->files.keeper.checkpoint_path);
        return;
    }
    mg_run_files_keep(&run->files);
    say_stopped(run);
}

static void
save_and_abort(void *context)
{
    enum { KILLED_WITHIN_SECONDS = 3 };
    struct run *run = context;
    mg_progress_say(&run->line, "mg-train: %s: the update in hand is given up\n",
                    stop_signal ? "told to stop, and another rank has ended or is slow"
                                : "another rank does not answer (--lost-after)");
    save(run);
    fflush(run->say);
    if (stop_signal && run->ranks->rank == 0)
        sleep(KILLED_WITHIN_SECONDS); // by the launcher, in fewer words than MPI's
    run->ranks->ops->abort(run->ranks);
}

static void
begin_rescue(struct run *run)
{
    run->rescue = (struct mg_rescue){
        .signal = &stop_signal,
        .ranks = run->ranks,
        .save = run->training.backend->ops->on_host ? save_and_abort : NULL,
        .context = run,
        // Rank 0 is to be the first, and saves.
        .patience_seconds = run->options.lost_after * (run->ranks->rank ? 2 : 1),
    };
    if (run->ranks->size > 1)
        mg_rescue_begin(&run->rescue);
}

static int
train(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int64_t last = run->settings.updates;
    int status = 0;
    while (!status && !must_stop(run) && t->update < last && !is_exhausted(run)) {
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
    if (!must_stop(run) && !t->best.score.steps) // resumed with no update left
        return score_and_keep(run, error);
    if (!must_stop(run)) {
        if (t->update < run->settings.updates)
            mg_progress_say(&run->line,
                            "ended after update %" G_GINT64_FORMAT
                            ": no better score in %d (--patience)\n",
                            t->update, run->options.patience);
        return 0;
    }
    int status = t->watch.doubtful ? roll_back(run, error) : 0;
    if (status)
        return status;
    mg_run_files_keep(&run->files);
    say_stopped(run);
    return 0;
}

static void
begin_progress(struct run *run)
{
    mg_progress_begin(&run->line, run->say, run->settings.updates,
                      run->settings.shape.notes);
    if (run->training.best.score.steps)
        run->line.held_out = mg_score_nats(&run->training.best.score);
}

// All ranks go through it update by update: an error of one alone would have the others
// wait for ever, and ends them.
static int
train_together(struct run *run, GError **error)
{
    // Fails now rather than at night.
    int status = mg_keeper_keep(&run->files.keeper, &run->training, error);
    status = mg_ranks_agree(run->ranks, status, error);
    if (!status)
        status = mg_accord_weights(run->ranks, run->training.model, error);
    if (status)
        return status;
    print_ranks(run);
    begin_progress(run);
    run->is_under_way = true;
    begin_rescue(run);
    status = train(run, error);
    if (!status)
        status = stop(run, error);
    if (status == -EINTR)
        save_and_abort(run);
    else if (status == -ECONNRESET && run->ranks->rank == 0)
        save(run);
    mg_rescue_end(&run->rescue);
    if (!status || status == -EDOM || status == -ECANCELED || status == -ESTALE)
        run->is_under_way = false; // the others have come here, too
    print_sums(run);
    return status ? status : mg_run_files_end(&run->files, error);
}

static int
load(struct run *run, char **paths, GError **error)
{
    struct mg_ranks *ranks = run->ranks;
    int status = mg_accord_options(ranks, &run->options, error);
    if (status)
        return status;
    status = mg_keeper_init(&run->files.keeper, ranks, run->options.output,
                            !run->options.resume, error);
    if (!status)
        status = load_corpora(run, paths, error);
    status = mg_ranks_agree(ranks, status, error);
    return status ? status
                  : mg_accord_corpora(ranks, &run->corpus, &run->held_out, error);
}

static int
run_all(struct run *run, char **paths, GError **error)
{
    int status = load(run, paths, error);
    if (!status)
        status = prepare(run, error);
    if (!status)
        print_device(run);
    if (!status)
        status = train_together(run, error);
    if (!status && run->ranks->rank == 0 && run->training.best.score.steps)
        printf("%s: %.4f nats a step on held-out pieces, from update %" G_GINT64_FORMAT
               "\n",
               run->options.output, mg_score_nats(&run->training.best.score),
               run->training.best.update);
    return status;
}

static void
finish(struct run *run)
{
    mg_run_files_finish(&run->files);
    mg_training_finish(&run->training);
    mg_corpus_finish(&run->held_out);
    mg_corpus_finish(&run->corpus);
    g_free(run->command);
    mg_train_options_finish(&run->options);
    mg_ranks_destroy(run->ranks);
    if (run->say && run->say != stderr)
        fclose(run->say);
}

// A launcher's processes but for the first are silent until they know each other: what is
// wrong with the command line is said once.  Returns what unhush() takes.
static int
hush(void)
{
    int saved = mg_ranks_launched_rank() ? dup(STDERR_FILENO) : -1;
    int nowhere = saved < 0 ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
    return saved;
}

static void
unhush(int saved)
{
    if (saved < 0)
        return;
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static int
meet(struct run *run, GError **error)
{
    struct mg_ranks *ranks = mg_ranks_create(error);
    if (!ranks)
        return mg_ranks_launched_rank() ? -ECANCELED : -ENODEV;
    run->ranks = ranks;
    run->backend.ranks = run->ranks;
    run->backend.rank_on_host = run->ranks->rank_on_host;
    if (!run->backend.threads)
        run->backend.threads = mg_team_default_threads(run->ranks->ranks_on_host);
    if (run->ranks->rank)
        run->say = fopen("/dev/null", "w");
    if (!run->say)
        run->say = stderr;
    if (run->ranks->size <= run->settings.batch)
        return 0;
    if (run->ranks->rank)
        return -ECANCELED;
    g_set_error(
        error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%d ranks cannot share %d segments: start fewer, or give a larger --batch",
        run->ranks->size, run->settings.batch);
    return -EINVAL;
}

// What is only said by the rank that knows it.
static int
tell(struct run *run, int status, GError *error)
{
    bool is_told = status == -ECANCELED || (status == -ESTALE && run->ranks->rank);
    if (!is_told)
        mg_program_fail_error(error);
    else if (error)
        g_error_free(error);
    if (run->is_under_way)
        run->ranks->ops->abort(run->ranks);
    return MG_PROGRAM_COULD_NOT;
}

static int
start(struct run *run, int argc, char **argv, int hushed)
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
    unhush(hushed);
    openblas_set_num_threads(1); // our own threads take whole segments
    catch_signals();
    int status = meet(run, &error);
    if (!status)
        status = run_all(run, argv + 1, &error);
    return status ? tell(run, status, error) : MG_PROGRAM_DONE;
}

int
main(int argc, char **argv)
{
    struct run run = {
        .command = quote_command(argc, argv),
        .ranks = mg_ranks_alone(),
        .files = {.training = &run.training, .line = &run.line},
    };
    int hushed = hush();
    mg_train_options_init(&run.options);
    GOptionEntry *entries = mg_train_options_entries(&run.options);
    int status = mg_program_parse(&argc, &argv, "mg-train", "-o MODEL CORPUS...",
                                  "Trains a model on a folder of MIDI files.", entries);
    g_free(entries);
    if (status == MG_PROGRAM_GO_ON)
        status = start(&run, argc, argv, hushed);
    finish(&run);
    return mg_program_end(status);
}
