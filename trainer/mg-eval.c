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
#include "trainer/baselines.h"
#include "trainer/evaluate.h"
#include "trainer/model_reader.h"
#include "trainer/team.h"

enum { NOT_GIVEN = G_MININT };

struct options {
    gboolean json;
    int steps_per_quarter; // NOT_GIVEN: the model's own
    char *probabilities;   // .npy file to write, or NULL
    char **baseline;       // files and folders to learn the baselines from, or NULL
    int threads;
};

// What is known of the corpus in the end.
struct figures {
    struct mg_score score;
    const struct mg_corpus *corpus;
    const struct mg_corpus *training; // of the baselines; no pieces: there are none
    struct mg_baselines baselines;
};

// A baseline's name in text and in JSON, and its figures.
struct baseline {
    const char *text;
    const char *key;
    const struct mg_loss *loss;
};

enum { BASELINES = 3 };

static void
list_baselines(const struct mg_baselines *b, struct baseline list[BASELINES])
{
    list[0] = (struct baseline){"as often as ever", "marginal", &b->marginal};
    list[1] = (struct baseline){"after a step", "markov", &b->markov};
    list[2] = (struct baseline){"mixed contexts", "mixture", &b->mixture};
}

static void
print_baselines(const struct figures *f)
{
    struct baseline list[BASELINES];
    list_baselines(&f->baselines, list);
    printf("baselines            from %d pieces, %" G_GINT64_FORMAT " steps\n",
           f->training->piece_count, f->training->steps);
    for (int i = 0; i < BASELINES; i++)
        printf("  %-18s play %.4f, articulate %.4f nats per step\n", list[i].text,
               list[i].loss->play / (double)f->score.steps,
               list[i].loss->articulate / (double)f->score.steps);
}

static void
print_text(const struct figures *f)
{
    const struct mg_score *s = &f->score;
    double steps = (double)s->steps;
    printf("pieces               %d\n", s->pieces);
    printf("skipped              %d\n", f->corpus->skipped_count);
    printf("steps                %" G_GINT64_FORMAT "\n", s->steps);
    printf("play                 %.4f nats per step\n", s->loss.play / steps);
    printf("articulate           %.4f nats per step\n", s->loss.articulate / steps);
    printf("notes                %.3f per step\n", (double)s->sounding / steps);
    printf("silence              %.2f %% of steps\n",
           100.0 * (double)s->silent_steps / steps);
    printf("off the grid         %.2f %% of onsets\n",
           f->corpus->notes
               ? 100.0 * (double)f->corpus->off_grid_onsets / (double)f->corpus->notes
               : 0.0);
    if (s->unscored_cells)
        printf("out of range         %" G_GINT64_FORMAT " cells not scored\n",
               s->unscored_cells);
    if (f->training->piece_count)
        print_baselines(f);
}

static json_t *
baselines_json(const struct figures *f)
{
    struct baseline list[BASELINES];
    list_baselines(&f->baselines, list);
    json_t *object =
        json_pack("{s:i, s:i, s:I}", "pieces", f->training->piece_count, "skipped",
                  f->training->skipped_count, "steps", (json_int_t)f->training->steps);
    for (int i = 0; i < BASELINES; i++)
        json_object_set_new(object, list[i].key,
                            json_pack("{s:f, s:f}", "play_nats_per_step",
                                      list[i].loss->play / (double)f->score.steps,
                                      "articulate_nats_per_step",
                                      list[i].loss->articulate /
                                          (double)f->score.steps));
    return object;
}

static void
print_json(const struct figures *f)
{
    const struct mg_score *s = &f->score;
    const struct mg_corpus *corpus = f->corpus;
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
    if (f->training->piece_count)
        json_object_set_new(object, "baselines", baselines_json(f));
    json_dumpf(object, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(object);
}

static int
fail_for_memory(GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
    return -ENOMEM;
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
    const struct mg_roll *roll =
        mg_piece_heard(&corpus->pieces[0], model->layout.shape.feature_set);
    float *values = mg_evaluator_probabilities(evaluator, model->weights, roll);
    if (!values)
        return fail_for_memory(error);
    const size_t shape[3] = {(size_t)roll->steps, (size_t)model->layout.shape.notes, 2};
    int status = mg_file_write_bytes(path, mg_npy_encode(values, shape, 3), error);
    g_free(values);
    return status;
}

// Fills the figures in.
static int
score(const struct options *options, const struct mg_model *model,
      struct figures *figures, GError **error)
{
    const struct mg_shape *shape = &model->layout.shape;
    const struct mg_corpus *corpus = figures->corpus;
    struct mg_evaluator *evaluator =
        mg_evaluator_create(&model->layout, options->threads);
    if (!evaluator)
        return fail_for_memory(error);
    int status = 0;
    if (options->probabilities)
        status = write_probabilities(evaluator, model, corpus, options->probabilities,
                                     error);
    if (!status)
        figures->score = mg_evaluator_run(evaluator, model->weights, corpus, NULL);
    mg_evaluator_destroy(evaluator);
    if (status)
        return status;
    const struct mg_loss *loss = &figures->score.loss;
    if (!isfinite(loss->play) || !isfinite(loss->articulate)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "the model gives no finite likelihood");
        return -EDOM;
    }
    if (figures->training->piece_count &&
        mg_baselines_score(figures->training, corpus, shape->lowest_note, shape->notes,
                           options->threads, &figures->baselines))
        return fail_for_memory(error);
    return 0;
}

static int
load_corpus(struct mg_corpus *corpus, char **paths, int steps_per_quarter,
            GError **error)
{
    int status = mg_corpus_load(corpus, paths, steps_per_quarter, error);
    for (int i = 0; i < corpus->skipped_count; i++)
        fprintf(stderr, "skipped: %s\n", corpus->skipped[i].reason);
    return status;
}

static int
evaluate(const struct options *options, char *model_path, char **paths, GError **error)
{
    struct mg_corpus corpus = {0}, training = {0};
    struct figures figures = {.corpus = &corpus, .training = &training};
    char *const inputs[] = {model_path, NULL};
    if (options->probabilities &&
        mg_file_check_output(options->probabilities, inputs, error))
        return -EINVAL;
    struct mg_model *model = mg_model_read(mg_ranks_alone(), model_path, error);
    if (!model)
        return -EINVAL;
    int steps_per_quarter = options->steps_per_quarter != NOT_GIVEN
                                ? options->steps_per_quarter
                                : model->layout.shape.steps_per_quarter;
    int status = load_corpus(&corpus, paths, steps_per_quarter, error);
    if (!status)
        status = mg_corpus_prepare(&corpus, model->layout.shape.feature_set, error);
    if (!status && options->baseline)
        status = load_corpus(&training, options->baseline, steps_per_quarter, error);
    if (!status)
        status = score(options, model, &figures, error);
    if (!status)
        (options->json ? print_json : print_text)(&figures);
    mg_corpus_finish(&training);
    mg_corpus_finish(&corpus);
    mg_model_destroy(model);
    return status;
}

int
main(int argc, char **argv)
{
    struct options o = {.steps_per_quarter = NOT_GIVEN,
                        .threads = mg_team_default_threads(1)};
    const GOptionEntry entries[] = {
        {"json", 'j', 0, G_OPTION_ARG_NONE, &o.json, "Print JSON", NULL},
        {"steps-per-quarter", 0, 0, G_OPTION_ARG_INT, &o.steps_per_quarter,
         "Read the corpus on another grid than the model's", "N"},
        {"probabilities", 0, 0, G_OPTION_ARG_FILENAME, &o.probabilities,
         "Write the (T, N, 2) probabilities of one piece", "FILE.npy"},
        {"baseline", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.baseline,
         "Score baselines too, learned from these pieces (may be repeated)", "CORPUS"},
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
        else if (o.steps_per_quarter != NOT_GIVEN &&
                 (o.steps_per_quarter < 1 ||
                  o.steps_per_quarter > MG_STEPS_PER_QUARTER_MAX))
            status = mg_program_usage("--steps-per-quarter must be 1 to 24");
        else if (o.threads < 1 || o.threads > MG_TEAM_THREADS_MAX)
            status = mg_program_usage("--threads must be 1 to 256");
        else if (evaluate(&o, argv[1], argv + 2, &error))
            status = mg_program_fail_error(error);
        else
            status = MG_PROGRAM_DONE;
    }
    g_free(o.probabilities);
    g_strfreev(o.baseline);
    return mg_program_end(status);
}
