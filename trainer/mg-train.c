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
#include "trainer/run.h"
#include "trainer/team.h"

enum { COMMAND_MAX_BYTES = 4096 }; // of the command line, in the model file

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
    mg_program_take_signal(SIGINT, &action);
    mg_program_take_signal(SIGTERM, &action);
    mg_program_take_signal(SIGHUP, &action);
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
meet(struct mg_run *run, GError **error)
{
    struct mg_ranks *ranks = mg_ranks_create(error);
    if (!ranks)
        return mg_ranks_launched_rank() ? -ECANCELED : -ENODEV;
    run->ranks = ranks;
    run->backend.ranks = run->ranks;
    run->backend.rank_on_host = run->ranks->rank_on_host;
    if (!run->backend.threads)
        run->backend.threads = mg_team_default_threads(run->ranks->ranks_on_host);
    FILE *nowhere = run->ranks->rank ? fopen("/dev/null", "w") : NULL;
    if (nowhere)
        run->say = nowhere;
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

static void
print_device(const struct mg_run *run)
{
    const struct mg_backend *backend = run->training.backend;
    const char *remark = backend->remark;
    fprintf(run->say, "device: %s%s%s%s\n", backend->ops->name, *remark ? " (" : "",
            remark, *remark ? ")" : "");
}

static int
run_all(struct mg_run *run, char **paths, GError **error)
{
    int status = mg_run_prepare(run, paths, error);
    if (status)
        return status;
    print_device(run);
    status = mg_run_train(run, error);
    if (!status && run->ranks->rank == 0 && run->training.best.score.steps)
        printf("%s: %.4f nats a step on held-out pieces, from update %" G_GINT64_FORMAT
               "\n",
               run->options->output, mg_score_nats(&run->training.best.score),
               run->training.best.update);
    return status;
}

// What is only said by the rank that knows it.
static int
tell(struct mg_run *run, int status, GError *error)
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
start(struct mg_run *run, int argc, char **argv, int hushed)
{
    GError *error = NULL;
    if (!run->options->output || argc < 2)
        return mg_program_usage("needs -o MODEL and a CORPUS");
    if (mg_train_options_settings(run->options, &run->settings, &error) ||
        mg_train_options_backend(run->options, &run->backend, &error)) {
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
    struct mg_train_options options;
    char *command = quote_command(argc, argv);
    struct mg_run run = {
        .options = &options,
        .ranks = mg_ranks_alone(),
        .command = command,
        .stop_signal = &stop_signal,
        .say = stderr,
    };
    int hushed = hush();
    mg_train_options_init(&options);
    GOptionEntry *entries = mg_train_options_entries(&options);
    int status = mg_program_parse(&argc, &argv, "mg-train", "-o MODEL CORPUS...",
                                  "Trains a model on a folder of MIDI files.", entries);
    g_free(entries);
    if (status == MG_PROGRAM_GO_ON)
        status = start(&run, argc, argv, hushed);
    mg_run_finish(&run);
    g_free(command);
    mg_train_options_finish(&options);
    mg_ranks_destroy(run.ranks);
    if (run.say != stderr)
        fclose(run.say);
    return mg_program_end(status);
}
