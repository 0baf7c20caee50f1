// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One step of the network by every kernel, against what the machine can do and against
// another program: bench_step ROUNDS MODEL [COMMAND ...]
//
// All ways take their turn in each round, beside the yardsticks.  On a machine that others
// use the milliseconds drift: the ratios are those of the fastest rounds.
#define _GNU_SOURCE // sched_setaffinity
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/pair.h"
#include "model/below.h"
#include "model/features.h"
#include "model/sampler.h"
#include "tests/bench/rival.h"
#include "tests/bench/samples.h"
#include "tests/bench/yardstick.h"
#include "trainer/model_reader.h"

enum { THREADS = 2, WAYS_MAX = 16, STEPS = 8, STEPS_BEFORE = 2 };

// One way to do a step, of ours.
struct way {
    const struct mg_kernel *kernel;
    int threads;
    struct mg_network *network;
    uint8_t row[MG_NOTES_MAX];
    int64_t t;
    struct mg_samples step; // ms: listen and draw
    struct mg_samples
        answer; // ms: again and draw: from the last human note to all cells
    struct mg_samples least; // ms: the floor, in the same round
    struct mg_samples peak;  // ms: all operations of the products at the peak
};

// What the rival is asked.
static const char *const RIVAL_WAYS[] = {"script 1", "script 2", "eager 1", "eager 2"};
enum { RIVAL_COUNT = sizeof RIVAL_WAYS / sizeof RIVAL_WAYS[0] };

struct bench {
    double time_flop;   // operations before the note axis, for all notes
    double note_values; // weights that the note axis reads, for all notes
    struct mg_pair *pair;
    struct way ways[WAYS_MAX];
    int count;
    struct mg_samples flops[2][THREADS]; // a second: fp32, bf16; one thread, two
    struct mg_samples stream[2];         // bytes a second, of the note axis' weights
    struct mg_rival *rival;
    struct mg_samples rival_ms[RIVAL_COUNT];
};

static int
is_bf16(const struct way *way)
{
    return way->kernel->precision == MG_PRECISION_BF16;
}

// --- the machine ---------------------------------------------------------------------

// The products of all notes at once, with the features as any other network's inputs;
// and what is left to each note.
static void
count_work(struct bench *b, const struct mg_layout *layout)
{
    const struct mg_shape *shape = &layout->shape;
    int below = mg_below_count(shape->feature_set);
    for (int l = 0; l < shape->time_layers; l++) {
        const struct mg_lstm *lstm = &layout->time[l];
        b->time_flop += 8.0 * lstm->units * (lstm->inputs + lstm->units);
    }
    for (int l = 0; l < shape->note_layers; l++) {
        const struct mg_lstm *lstm = &layout->note[l];
        b->note_values += 4.0 * lstm->units * lstm->units;
        if (l == 0)
            b->time_flop += 8.0 * lstm->units * (lstm->inputs - below);
        else
            b->note_values += 4.0 * lstm->units * lstm->inputs;
    }
    b->time_flop *= shape->notes;
    b->note_values *= shape->notes;
}

struct flops_job {
    enum mg_precision precision;
    double rate[THREADS];
};

static void
measure_half(void *context, int half)
{
    struct flops_job *job = context;
    job->rate[half] = mg_yardstick_flops(job->precision);
}

static void
measure_machine(struct bench *b, int notes)
{
    for (int p = 0; p < 2; p++) {
        struct flops_job job = {.precision = p ? MG_PRECISION_BF16 : MG_PRECISION_FP32};
        double bytes = b->note_values / notes * (p ? 2 : 4);
        mg_samples_add(&b->flops[p][0], mg_yardstick_flops(job.precision));
        mg_pair_run(b->pair, measure_half, &job);
        mg_samples_add(&b->flops[p][1], job.rate[0] + job.rate[1]);
        mg_samples_add(&b->stream[p], mg_yardstick_stream((size_t)bytes));
    }
}

// Threads that stay apart: where the scheduler puts them is not what is measured.
static void
stay_apart(void *context, int half)
{
    const cpu_set_t *all = context;
    int seen = 0;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, all) && seen++ == half) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
        }
}

// --- our ways ------------------------------------------------------------------------

static void
add_ways(struct bench *b, const struct mg_model *model, int cores)
{
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++)
        for (int threads = 1; threads <= cores && threads <= THREADS; threads++) {
            if (!(*k)->runs_here())
                continue;
            struct way *way = &b->ways[b->count++];
            struct mg_network_config config = {.kernel = *k};
            if (threads == 2)
                config.pair = (struct mg_network_pair){mg_pair_run, b->pair};
            way->kernel = *k;
            way->threads = threads;
            way->network = mg_network_create_with(model, &config);
            if (!way->network)
                exit(1);
        }
}

// Some steps one after the other, of which the first ones find the caches as the other ways
// left them; and then as many answers, so that the second thread does not wait for those.
static void
time_way(struct way *way)
{
    struct mg_sampling sampling = {.seed = 1, .temperature = 1, .courage = 1};
    for (int i = 0; i < STEPS; i++, way->t++) {
        double begun = mg_yardstick_now();
        mg_network_listen(way->network, way->row, mg_beat_of(way->t - 1));
        mg_sampler_draw(way->network, &sampling, way->t, way->row);
        if (i >= STEPS_BEFORE)
            mg_samples_add(&way->step, 1e3 * (mg_yardstick_now() - begun));
    }
    for (int i = STEPS_BEFORE; i < STEPS; i++) {
        double begun = mg_yardstick_now();
        mg_network_again(way->network);
        mg_sampler_draw(way->network, &sampling, way->t, way->row);
        mg_samples_add(&way->answer, 1e3 * (mg_yardstick_now() - begun));
    }
}

// --- the rival -----------------------------------------------------------------------

// The sum of the logits of the first step, with no note chosen.
static double
sum_of_logits(const struct mg_model *model)
{
    struct mg_network *network = mg_network_create(model);
    uint8_t silence[MG_NOTES_MAX] = {0};
    double sum = 0;
    if (!network)
        exit(1);
    mg_network_listen(network, silence, mg_beat_of(-1));
    for (int n = 0; n < model->layout.shape.notes; n++) {
        float logits[2];
        mg_network_next_note(network, 0, logits);
        sum += (double)logits[0] + (double)logits[1];
    }
    mg_network_destroy(network);
    return sum;
}

static void
start_rival(struct bench *b, const struct mg_model *model, char *const command[])
{
    double theirs[2], ours = sum_of_logits(model);
    b->rival = mg_rival_create(command);
    if (mg_rival_ask(b->rival, "check", theirs) == 2 && fabs(theirs[0] - ours) < 0.01 &&
        fabs(theirs[1] - ours) < 0.01)
        return;
    printf("%s does not run here, or does another step\n", command[0]);
    mg_rival_destroy(b->rival);
    b->rival = NULL;
}

static void
time_rival(struct bench *b)
{
    struct timespec pause = {.tv_nsec =
                                 30000000}; // until its threads have gone to sleep
    double ms[2];
    for (int i = 0; i < RIVAL_COUNT; i++)
        if (mg_rival_ask(b->rival, RIVAL_WAYS[i], ms))
            mg_samples_add(&b->rival_ms[i], ms[0]);
    if (b->rival)
        nanosleep(&pause, NULL);
}

// The milliseconds of the rival's fastest way; NAN without one.
static double
best_rival(const struct bench *b)
{
    double best = mg_samples_least(&b->rival_ms[0]);
    for (int i = 1; i < RIVAL_COUNT; i++)
        best = fmin(best, mg_samples_least(&b->rival_ms[i]));
    return best;
}

// --- the table -----------------------------------------------------------------------

static void
print_machine(const struct bench *b, int cores)
{
    static const char *const names[] = {"fp32", "bf16"};
    for (int p = 0; p < 2; p++) {
        printf("%s: peak %.0f GFLOP/s on one thread", names[p],
               1e-9 * mg_samples_most(&b->flops[p][0]));
        if (cores > 1)
            printf(", %.0f on two", 1e-9 * mg_samples_most(&b->flops[p][1]));
        printf("; the note axis' weights read at %.0f GB/s\n",
               1e-9 * mg_samples_most(&b->stream[p]));
    }
}

static void
print_way(const struct bench *b, const struct way *way)
{
    int p = is_bf16(way);
    double ms = mg_samples_least(&way->step);
    double products =
        1e3 * b->time_flop / mg_samples_most(&b->flops[p][way->threads - 1]);
    double reads = 1e3 * b->note_values * (p ? 2 : 4) / mg_samples_most(&b->stream[p]);
    printf("%-9s %-4s %7d %8.3f %8.3f %7.0f%% %7.2f %8.3f %8.3f", way->kernel->name,
           p ? "bf16" : "fp32", way->threads, ms, mg_samples_median(&way->step),
           100 * products / ms, ms / (products + reads), mg_samples_least(&way->answer),
           mg_samples_median(&way->answer));
    if (b->rival)
        printf(" %8.1f %8.1f", best_rival(b) / ms,
               fmin(mg_samples_least(&b->rival_ms[2]),
                    mg_samples_least(&b->rival_ms[3])) /
                   ms);
    putchar('\n');
}

static void
print_table(const struct bench *b)
{
    printf("%-14s %7s %8s %8s %8s %7s %8s %8s %8s %8s\n", "kernel", "threads", "min ms",
           "median", "of peak", "x floor", "answer", "median", "x best", "x plain");
    for (int i = 0; i < b->count; i++)
        print_way(b, &b->ways[i]);
    for (int i = 0; i < RIVAL_COUNT && b->rival; i++)
        printf("torch %-16s %8.3f %8.3f\n", RIVAL_WAYS[i],
               mg_samples_least(&b->rival_ms[i]), mg_samples_median(&b->rival_ms[i]));
}

static struct mg_model *
read_model(const char *path)
{
    GError *error = NULL;
    struct mg_model *model = mg_model_read(mg_ranks_alone(), path, &error);
    if (!model) {
        fprintf(stderr, "bench_step: %s\n", error->message);
        exit(1);
    }
    return model;
}

int
main(int argc, char **argv)
{
    static struct bench bench;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_step ROUNDS MODEL [COMMAND ...]\n");
        return 2;
    }
    struct mg_model *model = read_model(argv[2]);
    cpu_set_t cpus;
    sched_getaffinity(0, sizeof cpus, &cpus);
    int cores = CPU_COUNT(&cpus);
    if (argc > 3)
        start_rival(&bench, model, argv + 3);
    bench.pair = mg_pair_create();
    if (!bench.pair)
        return 1;
    mg_pair_run(bench.pair, stay_apart, &cpus);
    count_work(&bench, &model->layout);
    add_ways(&bench, model, cores);
    for (int round = 0; round < atoi(argv[1]); round++) {
        measure_machine(&bench, model->layout.shape.notes);
        for (int i = 0; i < bench.count; i++)
            time_way(&bench.ways[i]);
        time_rival(&bench);
    }
    print_machine(&bench, cores);
    print_table(&bench);
    for (int i = 0; i < bench.count; i++)
        mg_network_destroy(bench.ways[i].network);
    mg_rival_destroy(bench.rival);
    mg_pair_destroy(bench.pair);
    mg_model_destroy(model);
    return 0;
}
