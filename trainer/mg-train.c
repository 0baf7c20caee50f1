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
#include "trainer/checkpoint.h"
#include "trainer/progress.h"
#include "trainer/run_report.h"
#include "trainer/train_options.h"

enum {
    HOLD_OUT_EVERY = 10,
    BAD_UPDATES_MAX = 10,
    COMMAND_MAX_BYTES = 4096, // of the command line, in the model file
};

// Weights and two means of the optimiser.
static const size_t CHECKPOINT_MAX_BYTES = 3 * (size_t)MG_MODEL_FILE_MAX_BYTES;

// Everything of one run.
struct run {
    struct mg_train_options options;
    struct mg_settings settings;
    char *command; // the command line as typed
    char *checkpoint_path;
    struct mg_corpus corpus;
    struct mg_corpus held_out;
    struct mg_training training;
    struct mg_run_report *report; // or NULL
    struct mg_progress_line line;
    double loss_sum; // training loss since the last held-out score
    int loss_count;
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

static int
resume(struct run *run, GError **error)
{
    GBytes *bytes = mg_file_read(run->options.resume, CHECKPOINT_MAX_BYTES, error);
    if (!bytes)
        return -EIO;
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    int status = mg_checkpoint_restore(&run->training, data, length, error);
    g_bytes_unref(bytes);
    if (status)
        g_prefix_error(error, "%s: ", run->options.resume);
    else
        status = mg_training_load(&run->training, error);
    // The best model so far is not at hand: the next score makes one.
    if (!g_file_test(run->options.output, G_FILE_TEST_EXISTS))
        run->training.best_nats = (double)INFINITY;
    return status;
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

static int
prepare(struct run *run, GError **error)
{
    struct mg_model *model = mg_model_create(&run->settings.shape, error);
    if (!model)
        return -ENOMEM;
    mg_model_randomize(model, run->settings.seed);
    struct mg_backend_choice choice = {
        .device = MG_DEVICE_CPU,
        .precision = MG_PRECISION_FP32,
        .threads = run->options.threads,
    };
    int status = mg_training_init(&run->training, &run->settings, model, &run->corpus,
                                  &choice, error);
    if (status)
        return status;
    if (run->options.resume)
        status = resume(run, error);
    return !status && run->options.report ? begin_report(run, error) : status;
}

static int
write_checkpoint(struct run *run, GError **error)
{
    int status = mg_training_store(&run->training, error);
    return status ? status
                  : mg_file_write_bytes(run->checkpoint_path,
                                        mg_checkpoint_encode(&run->training), error);
}

static void
set_number(struct mg_model *model, const char *key, const char *format, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    mg_model_set(model, key, g_ascii_formatd(text, sizeof text, format, value));
}

// What a model file says of itself.
static void
describe(struct run *run, const struct mg_score *score)
{
    struct mg_model *model = run->training.model;
    double steps = (double)score->steps;
    mg_model_set(model, "command", run->command);
    set_number(model, "updates", "%.0f", (double)run->training.update);
    set_number(model, "training_pieces", "%.0f", run->corpus.piece_count);
    set_number(model, "held_out_pieces", "%.0f", score->pieces);
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
add_to_report(struct run *run, const struct mg_score *score, GError **error)
{
    double loss = run->loss_count ? run->loss_sum / run->loss_count : (double)NAN;
    run->loss_sum = 0;
    run->loss_count = 0;
    if (!run->report)
        return 0;
    return mg_run_report_add(run->report, run->training.update, loss, &score->loss,
                             score->steps, error);
}

// Scores the held-out pieces; the best model so far becomes the output.
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
    double steps = (double)score.steps;
    double nats = (score.loss.play + score.loss.articulate) / steps;
    bool best = nats < t->best_nats;
    mg_progress_clear(&run->line);
    fprintf(stderr,
            "update %" G_GINT64_FORMAT
            ": held out %.4f nats a step (play %.4f, articulate %.4f)%s\n",
            t->update, nats, score.loss.play / steps, score.loss.articulate / steps,
            best ? ", the best" : "");
    status = add_to_report(run, &score, error);
    if (status || !best)
        return status;
    t->best_nats = nats;
    t->best_update = t->update;
    describe(run, &score);
    return mg_file_write_bytes(run->options.output, mg_model_encode(t->model), error);
}

// One update.  A gradient that is no number changes nothing; many in a row are the end.
static int
update_once(struct run *run, int *bad, GError **error)
{
    struct mg_update update;
    int status = mg_training_update(&run->training, &update, error);
    if (status)
        return status;
    if (isfinite(update.norm)) {
        *bad = 0;
        run->loss_sum += update.loss.play + update.loss.articulate;
        run->loss_count++;
    } else if (++*bad >= BAD_UPDATES_MAX) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "the loss is not finite: try a smaller --learning-rate");
        return -EDOM;
    }
    mg_progress_show(&run->line, run->training.update, &update);
    return 0;
}

static int
train(struct run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int64_t last = run->settings.updates;
    int bad = 0;
    int status = write_checkpoint(run, error); // fails now rather than at night
    mg_progress_begin(&run->line, stderr, t->update, last);
    while (!status && !stop_signal && t->update < last) {
        status = update_once(run, &bad, error);
        if (status)
            break;
        if (t->update % run->options.checkpoint_every == 0 || t->update == last) {
            status = score_and_keep(run, error);
            if (!status)
                status = write_checkpoint(run, error);
        }
    }
    mg_progress_clear(&run->line);
    return status;
}

// After the last update, or ctrl-C.
static int
end_training(struct run *run, GError **error)
{
    if (!stop_signal) // resumed with no update left: there is a model all the same
        return isfinite(run->training.best_nats) ? 0 : score_and_keep(run, error);
    int status = write_checkpoint(run, error);
    if (!status)
        fprintf(stderr,
                "stopped after update %" G_GINT64_FORMAT "; go on with --resume %s\n",
                run->training.update, run->checkpoint_path);
    return !status && run->report ? mg_run_report_end(run->report, error) : status;
}

static int
run_all(struct run *run, char **paths, GError **error)
{
    int status = load_corpora(run, paths, error);
    if (!status)
        status = prepare(run, error);
    if (!status)
        status = train(run, error);
    if (!status)
        status = end_training(run, error);
    if (!status && isfinite(run->training.best_nats))
        printf("%s: %.4f nats a step on held-out pieces, from update %" G_GINT64_FORMAT
               "\n",
               run->options.output, run->training.best_nats, run->training.best_update);
    return status;
}

static void
finish(struct run *run)
{
    mg_run_report_destroy(run->report);
    mg_training_finish(&run->training);
    mg_corpus_finish(&run->held_out);
    mg_corpus_finish(&run->corpus);
    g_free(run->checkpoint_path);
    g_free(run->command);
    mg_train_options_finish(&run->options);
}

// What would fail or be lost at the end fails now.
static int
check_output(const struct run *run)
{
    const char *output = run->options.output;
    if (g_file_test(output, G_FILE_TEST_EXISTS) &&
        !g_file_test(output, G_FILE_TEST_IS_REGULAR))
        return mg_program_fail("%s: is not a file", output);
    if (!run->options.resume && g_file_test(run->checkpoint_path, G_FILE_TEST_EXISTS))
        return mg_program_fail(
            "%s: is there already; go on with --resume, or remove it",
            run->checkpoint_path);
    return MG_PROGRAM_GO_ON;
}

static int
start(struct run *run, int argc, char **argv)
{
    GError *error = NULL;
    if (!run->options.output || argc < 2)
        return mg_program_usage("needs -o MODEL and a CORPUS");
    if (mg_train_options_settings(&run->options, &run->settings, &error)) {
        int status = mg_program_usage("%s", error->message);
        g_error_free(error);
        return status;
    }
    run->checkpoint_path = g_strconcat(run->options.output, ".checkpoint", NULL);
    int status = check_output(run);
    if (status != MG_PROGRAM_GO_ON)
        return status;
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
