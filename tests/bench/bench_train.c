// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One update of a training in either precision, on one thread and on two, against what the
// machine can do and against another program: bench_train ROUNDS MODEL [COMMAND ...]
// Where there is a GPU, on that too, against the other program there.
//
// All ways take their turn in each round, beside the yardsticks, as in bench_step.
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/rival.h"
#include "tests/bench/samples.h"
#include "tests/bench/yardstick.h"
#include "tests/fixture.h"
#include "trainer/model_reader.h"
#include "trainer/team.h"
#include "trainer/training.h"

enum {
    THREADS = 2,
    PRECISIONS = 2,
    BATCH = 10,
    STEPS = 64,
    PIECES = 4,
    FLOPS_TIMES = 20
};

static const enum mg_precision PRECISION[PRECISIONS] = {MG_PRECISION_FP32,
                                                        MG_PRECISION_BF16};
static const char *const PRECISION_NAME[PRECISIONS] = {"fp32", "bf16"};

struct way {
    int precision;
    int threads; // 0: a GPU
    struct mg_training training;
    struct mg_samples seconds;
};

struct bench {
    struct mg_corpus corpus;
    double flop; // of an update
    int64_t note_steps;
    int threads;
    struct way ways[PRECISIONS * (THREADS + 1)];
    int count;
    struct mg_samples flops[PRECISIONS][THREADS]; // a second
    struct mg_rival *rival;
    struct mg_samples rival_seconds[PRECISIONS]; // on as many threads as there are
    struct mg_samples rival_gpu_seconds[PRECISIONS];
};

// Multiplications and additions of one note at one step: each weight of a layer once on the
// way up, once on the way down and once for its gradient; the features' loss is not asked.
static double
flop_of_note(const struct mg_layout *layout)
{
    const struct mg_shape *shape = &layout->shape;
    double weights = 0;
    for (int l = 0; l < shape->time_layers; l++)
        weights += 4.0 * layout->time[l].units *
                   (layout->time[l].inputs + layout->time[l].units);
    for (int l = 0; l < shape->note_layers; l++)
        weights += 4.0 * layout->note[l].units *
                   (layout->note[l].inputs + layout->note[l].units);
    double features = 4.0 * layout->time[0].units * layout->time[0].inputs;
    return 2 * (3 * weights - features);
}

struct peak_job {
    enum mg_precision precision;
    double rate[THREADS];
};

// The most of some tries that the threads begin together.
static void
measure_peak(void *context, int thread, int job)
{
    (void)thread;
    struct peak_job *peak = context;
    double most = 0;
    for (int i = 0; i < FLOPS_TIMES; i++) {
        double rate = mg_yardstick_flops(peak->precision);
        most = rate > most ? rate : most;
    }
    peak->rate[job] = most;
}

static void
measure_machine(struct bench *b)
{
    for (int p = 0; p < PRECISIONS; p++)
        for (int threads = 1; threads <= b->threads; threads++) {
            struct peak_job job = {.precision = PRECISION[p]};
            double sum = 0;
            mg_team_run(threads, threads, measure_peak, &job);
            for (int k = 0; k < threads; k++)
                sum += job.rate[k];
            mg_samples_add(&b->flops[p][threads - 1], sum);
        }
}

// Returns 0, or -errno with one line in *error.
static int
add_way(struct bench *b, const struct mg_shape *shape, int precision, int threads,
        GError **error)
{
    struct way *way = &b->ways[b->count];
    struct mg_settings settings = {
        .shape = *shape,
        .method = MG_METHOD_ADAM,
        .learning_rate = 0.001,
        .final_rate = 1,
        .clip = 5,
        .dropout = 0.5,
        .batch = BATCH,
        .segment = STEPS,
        .seed = 1,
        .updates = 1000,
    };
    struct mg_backend_choice choice = {
        .device = threads ? MG_DEVICE_CPU : MG_DEVICE_CUDA,
        .precision = PRECISION[precision],
        .threads = threads,
    };
    struct mg_model *model = mg_model_create(shape, error);
    if (!model)
        return -1;
    way->precision = precision;
    way->threads = threads;
    mg_model_randomize(model, 1);
    int status =
        mg_training_init(&way->training, &settings, model, &b->corpus, &choice, error);
    if (status)
        mg_training_finish(&way->training);
    else
        b->count++;
    return status;
}

static void
add_cpu(struct bench *b, const struct mg_shape *shape)
{
    GError *error = NULL;
    for (int p = 0; p < PRECISIONS; p++)
        for (int threads = 1; threads <= b->threads; threads++)
            if (add_way(b, shape, p, threads, &error)) {
                fprintf(stderr, "bench_train: %s\n", error->message);
                exit(1);
            }
}

static void
add_gpu(struct bench *b, const struct mg_shape *shape)
{
    GError *error = NULL;
    for (int p = 0; p < PRECISIONS; p++)
        if (add_way(b, shape, p, 0, &error)) {
            printf("no GPU: %s\n", error->message);
            g_error_free(error);
            return;
        }
    printf("GPU: %s\n", b->ways[b->count - 1].training.backend->remark);
}

static void
time_update(struct way *way)
{
    struct mg_update update;
    double begun = mg_yardstick_now();
    if (mg_training_update(&way->training, &update, NULL))
        exit(1);
    mg_samples_add(&way->seconds, mg_yardstick_now() - begun);
}

// where: a number of threads, or "cuda".
static void
ask_rival(struct bench *b, int precision, const char *where, struct mg_samples *samples)
{
    double seconds[2];
    char *question =
        g_strdup_printf("%s %s %d %d", PRECISION_NAME[precision], where, BATCH, STEPS);
    if (mg_rival_ask(b->rival, question, seconds))
        mg_samples_add(samples, seconds[0]);
    g_free(question);
}

static bool
on_gpu(const struct bench *b)
{
    return b->ways[b->count - 1].threads == 0;
}

static void
time_rival(struct bench *b)
{
    char *threads = g_strdup_printf("%d", b->threads);
    for (int p = 0; p < PRECISIONS; p++) {
        ask_rival(b, p, threads, &b->rival_seconds[p]);
        if (on_gpu(b))
            ask_rival(b, p, "cuda", &b->rival_gpu_seconds[p]);
    }
    g_free(threads);
}

static void
print_machine(const struct bench *b)
{
    printf("an update: %d segments of %d steps, %.0f GFLOP\n", BATCH, STEPS,
           1e-9 * b->flop);
    for (int p = 0; p < PRECISIONS; p++) {
        printf("%s: peak %.0f GFLOP/s on one thread", PRECISION_NAME[p],
               1e-9 * mg_samples_most(&b->flops[p][0]));
        if (b->threads > 1)
            printf(", %.0f on two", 1e-9 * mg_samples_most(&b->flops[p][1]));
        putchar('\n');
    }
}

static void
print_way(const struct bench *b, const struct way *way)
{
    double least = mg_samples_least(&way->seconds);
    double peak = mg_samples_most(&b->flops[way->precision][way->threads - 1]);
    printf("%-5s %7d %8.3f %8.3f %12.0f %8.0f %7.0f%% %7.2f",
           PRECISION_NAME[way->precision], way->threads, least,
           mg_samples_median(&way->seconds), (double)b->note_steps / least,
           1e-9 * b->flop / least, 100 * b->flop / least / peak,
           least * peak / b->flop);
    const struct mg_samples *rival = &b->rival_seconds[way->precision];
    if (rival->count)
        printf(" %7.1f", mg_samples_least(rival) / least);
    putchar('\n');
}

// Of a GPU the peak is not measured.
static void
print_gpu(const struct bench *b, const struct way *way)
{
    double least = mg_samples_least(&way->seconds);
    const struct mg_samples *rival = &b->rival_gpu_seconds[way->precision];
    printf("%-5s %7s %8.4f %8.4f %12.0f %8.0f", PRECISION_NAME[way->precision], "cuda",
           least, mg_samples_median(&way->seconds), (double)b->note_steps / least,
           1e-9 * b->flop / least);
    if (rival->count)
        printf(" %8s %7s %7.1f", "", "", mg_samples_least(rival) / least);
    putchar('\n');
}

static void
print_table(const struct bench *b)
{
    printf("%-5s %7s %8s %8s %12s %8s %8s %7s %7s\n", "", "threads", "min s", "median",
           "note-steps/s", "GFLOP/s", "of peak", "x floor", "x torch");
    for (int i = 0; i < b->count; i++)
        if (b->ways[i].threads)
            print_way(b, &b->ways[i]);
        else
            print_gpu(b, &b->ways[i]);
    for (int p = 0; p < PRECISIONS; p++)
        if (b->rival_seconds[p].count)
            printf("torch %s %2d %8.3f %8.3f\n", PRECISION_NAME[p], b->threads,
                   mg_samples_least(&b->rival_seconds[p]),
                   mg_samples_median(&b->rival_seconds[p]));
        else if (b->rival)
            printf("torch %s: does not run here\n", PRECISION_NAME[p]);
}

static void
read_shape(const char *path, struct mg_shape *shape)
{
    GError *error = NULL;
    struct mg_model *model = mg_model_read(mg_ranks_alone(), path, &error);
    if (!model) {
        fprintf(stderr, "bench_train: %s\n", error->message);
        exit(1);
    }
    *shape = model->layout.shape;
    mg_model_destroy(model);
}

int
main(int argc, char **argv)
{
    static struct bench bench;
    struct mg_shape shape;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_train ROUNDS MODEL [COMMAND ...]\n");
        return 2;
    }
    read_shape(argv[2], &shape);
    openblas_set_num_threads(1); // the team has threads of its own
    bench.threads = MIN(THREADS, mg_team_default_threads(1));
    bench.corpus.steps_per_quarter = shape.steps_per_quarter;
    bench.corpus.piece_count = PIECES;
    bench.corpus.pieces = g_new0(struct mg_piece, PIECES);
    for (int i = 0; i < PIECES; i++) // of the segments' length, and of chords of four
        mg_fixture_piece(&bench.corpus.pieces[i], 48, 24, STEPS, 2 * (uint64_t)i);
    add_cpu(&bench, &shape);
    add_gpu(&bench, &shape);
    const struct mg_layout *layout = &bench.ways[0].training.model->layout;
    bench.note_steps = (int64_t)BATCH * STEPS * shape.notes;
    bench.flop = flop_of_note(layout) * (double)bench.note_steps;
    if (argc > 3)
        bench.rival = mg_rival_create(argv + 3);
    for (int round = 0; round < atoi(argv[1]); round++) {
        measure_machine(&bench);
        for (int i = 0; i < bench.count; i++)
            time_update(&bench.ways[i]);
        time_rival(&bench);
    }
    print_machine(&bench);
    print_table(&bench);
    for (int i = 0; i < bench.count; i++)
        mg_training_finish(&bench.ways[i].training);
    mg_rival_destroy(bench.rival);
    mg_corpus_finish(&bench.corpus);
    return 0;
}
