// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-eval: how well a model predicts a corpus.
#include <cblas.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "io/file.h"
#include "io/npy.h"
#include "io/program.h"
#include "model/model_file.h"
#include "trainer/evaluate.h"
#include "trainer/team.h"

struct options {
    gboolean json;
    int steps_per_quarter; // 0: the model's own
    char *probabilities;   // .npy file to write, or NULL
    int threads;
};

static struct mg_model *
load_model(const char *path, GError **error)
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
    return model;
}

static void
print_score(const struct mg_score *s, const struct mg_corpus *corpus)
{
    double steps = (double)s->steps;
    printf("pieces               %d\n", s->pieces);
    printf("skipped              %d\n", corpus->skipped_count);
    printf("steps                %" G_GINT64_FORMAT "\n", s->steps);
    printf("play                 %.4f nats per step\n", s->loss.play / steps);
    printf("articulate           %.4f nats per step\n", s->loss.articulate / steps);
    printf("notes                %.3f per step\n", (double)s->sounding / steps);
    printf("silence              %.2f %% of steps\n",
           100.0 * (double)s->silent_steps / steps);
    printf("off the grid         %.2f %% of onsets\n",
           corpus->notes
               ? 100.0 * (double)corpus->off_grid_onsets / (double)corpus->notes
               : 0.0);
    if (s->unscored_cells)
        printf("out of range         %" G_GINT64_FORMAT " cells not scored\n",
               s->unscored_cells);
}

static void
print_json(const struct mg_score *s, const struct mg_corpus *corpus)
{
    double steps = (double)s->steps;
    json_t *object = json_pack(
        "{s:i, s:i, s:I, s:f, s:f, s:f, s:f, s:I, s:f, s:I}", "pieces", s->pieces,
        "skipped", corpus->skipped_count, "steps", (json_int_t)s->steps,
        "play_nats_per_step", s->loss.play / steps, "articulate_nats_per_step",
        s->loss.articulate / steps, "notes_per_step", (double)s->sounding / steps,
        "silence_share", (double)s->silent_steps / steps, "onsets",
        (json_int_t)corpus->notes, "off_grid_share",
        corpus->notes ? (double)corpus->off_grid_onsets / (double)corpus->notes : 0.0,
        "unscored_cells", (json_int_t)s->unscored_cells);
    json_dumpf(object, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(object);
}

static int
write_probabilities(struct mg_evaluator *evaluator, const struct mg_model *model,
                    const struct mg_corpus *corpus, const char *path, GError **error)
{
    if (corpus->piece_count != 1) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "--probabilities wants one piece, the corpus has %d",
                    corpus->piece_count);
        return -EINVAL;
    }
    const struct mg_roll *roll = &corpus->pieces[0].roll;
    float *values = mg_evaluator_probabilities(evaluator, model->weights, roll);
    if (!values) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        return -ENOMEM;
    }
    const size_t shape[3] = {(size_t)roll->steps, (size_t)model->layout.shape.notes, 2};
    int status = mg_file_write_bytes(path, mg_npy_encode(values, shape, 3), error);
    g_free(values);
    return status;
}

static int
score(const struct options *options, const struct mg_model *model,
      const struct mg_corpus *corpus, GError **error)
{
    struct mg_evaluator *evaluator =
        mg_evaluator_create(&model->layout, options->threads);
    if (!evaluator) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        return -ENOMEM;
    }
    int status = 0;
    if (options->probabilities)
        status = write_probabilities(evaluator, model, corpus, options->probabilities,
                                     error);
    if (!status) {
        struct mg_score sum = mg_evaluator_run(evaluator, model->weights, corpus);
        if (isfinite(sum.loss.play) && isfinite(sum.loss.articulate)) {
            (options->json ? print_json : print_score)(&sum, corpus);
        } else {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                        "the model gives no finite likelihood");
            status = -EDOM;
        }
    }
    mg_evaluator_destroy(evaluator);
    return status;
}

static int
evaluate(const struct options *options, const char *model_path, char **paths,
         GError **error)
{
    struct mg_corpus corpus = {0};
    struct mg_model *model = load_model(model_path, error);
    if (!model)
        return -EINVAL;
    int steps_per_quarter = options->steps_per_quarter
                                ? options->steps_per_quarter
                                : model->layout.shape.steps_per_quarter;
    int status = mg_corpus_load(&corpus, paths, steps_per_quarter, error);
    for (int i = 0; i < corpus.skipped_count; i++)
        fprintf(stderr, "skipped: %s\n", corpus.skipped[i].reason);
    if (!status)
        status = score(options, model, &corpus, error);
    mg_corpus_finish(&corpus);
    mg_model_destroy(model);
    return status;
}

int
main(int argc, char **argv)
{
    struct options o = {.threads = mg_team_default_threads()};
    const GOptionEntry entries[] = {
        {"json", 'j', 0, G_OPTION_ARG_NONE, &o.json, "Print JSON", NULL},
        {"steps-per-quarter", 0, 0, G_OPTION_ARG_INT, &o.steps_per_quarter,
         "Read the corpus on another grid than the model's", "N"},
        {"probabilities", 0, 0, G_OPTION_ARG_FILENAME, &o.probabilities,
         "Write the (T, N, 2) probabilities of one piece", "FILE.npy"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &o.threads, "Threads (all cores)", "N"},
        {0},
    };
    GError *error = NULL;
    int status = mg_program_parse(&argc, &argv, "mg-eval", "MODEL CORPUS...",
                                  "Scores a model on a corpus of MIDI files.", entries);
    if (status == MG_PROGRAM_GO_ON) {
        openblas_set_num_threads(1); // our own threads take whole pieces
        if (argc < 3)
            status = mg_program_usage("needs a MODEL and a CORPUS");
        else if (o.steps_per_quarter < 0 ||
                 o.steps_per_quarter > MG_STEPS_PER_QUARTER_MAX)
            status = mg_program_usage("--steps-per-quarter must be 1 to 24");
        else if (o.threads < 1 || o.threads > MG_TEAM_THREADS_MAX)
            status = mg_program_usage("--threads must be 1 to 256");
        else if (evaluate(&o, argv[1], argv + 2, &error))
            status = mg_program_fail_error(error);
        else
            status = MG_PROGRAM_DONE;
    }
    g_free(o.probabilities);
    return mg_program_end(status);
}
