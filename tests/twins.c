// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Two backends side by side.
#include "tests/twins.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "tests/fixture.h"
#include "trainer/training.h"

enum { PIECES = 6, UNITS_MOST = 21, STEPS_MOST = 37, TRAINING_UPDATES = 200 };

// What must not fail.
static void
stop_at(int status, const GError *error)
{
    if (!status)
        return;
    printf("%s\n", error ? error->message : "failed");
    abort();
}

static bool
opens(void)
{
    const struct mg_shape shape = {60, 1, 2, 1, {1}, 1, {1}, 0};
    struct mg_model *model = mg_fixture_model(&shape, 1);
    struct mg_optimizer optimizer;
    GError *error = NULL;
    mg_optimizer_init(&optimizer, MG_METHOD_ADAM, 0, 0, model->layout.parameters);
    const struct mg_backend_choice choice = {
        .device = MG_DEVICE_CUDA, .precision = MG_PRECISION_FP32, .threads = 1};
    const struct mg_backend_task task = {model, &optimizer, 1, 1};
    struct mg_backend *backend = mg_backend_create(&choice, &task, &error);
    if (backend)
        backend->ops->destroy(backend);
    else
        printf("not on a GPU: %s\n", error->message);
    g_clear_error(&error);
    mg_optimizer_finish(&optimizer);
    mg_model_destroy(model);
    return backend != NULL;
}

bool
mg_twins_call(enum mg_player player)
{
    char *program = g_file_read_link("/proc/self/exe", NULL);
    char *folder = g_path_get_dirname(program ? program : ".");
    char *plugins =
        g_build_filename(folder, player == MG_PLAYER_GPU ? ".." : "cuda_stand_in",
                         NULL);
    g_setenv("MG_PLUGINS", plugins, TRUE);
    g_free(plugins);
    g_free(folder);
    g_free(program);
    return opens();
}

int
mg_twins_draw(uint64_t seed, uint32_t what, int low, int high)
{
    struct mg_random r = mg_random_at(seed, MG_RANDOM_ORDER, what, 77, 0);
    return low + (int)(r.word[0] % (uint32_t)(high - low + 1));
}

static void
draw_shape(uint64_t seed, struct mg_shape *shape)
{
    *shape = (struct mg_shape){
        .notes = mg_twins_draw(seed, 0, 5, 40),
        .lowest_note = mg_twins_draw(seed, 1, 20, 70),
        .steps_per_quarter = 2,
        .feature_set = seed % MG_FEATURE_SETS,
        .time_layers = mg_twins_draw(seed, 2, 1, 3),
        .note_layers = mg_twins_draw(seed, 3, 1, 3),
    };
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        shape->time_units[l] = mg_twins_draw(seed, 10 + (uint32_t)l, 1, UNITS_MOST);
        shape->note_units[l] = mg_twins_draw(seed, 20 + (uint32_t)l, 1, UNITS_MOST);
    }
}

static void
twin_init(struct mg_twin *twin, const struct mg_twins *twins, enum mg_device device,
          enum mg_precision precision, enum mg_method method, float clip)
{
    GError *error = NULL;
    *twin = (struct mg_twin){.told_scale = 1.0f};
    twin->model = mg_fixture_model(&twins->shape, twins->seed);
    size_t count = twin->model->layout.parameters;
    if (mg_optimizer_init(&twin->optimizer, method, clip, 0.1f, count))
        abort();
    twin->gradient = g_new0(float, count);
    twin->told = g_new0(int, count);
    const struct mg_backend_choice choice = {
        .device = device, .precision = precision, .threads = 2};
    const struct mg_backend_task task = {twin->model, &twin->optimizer, twins->batch,
                                         twins->steps};
    twin->backend = mg_backend_create(&choice, &task, &error);
    stop_at(!twin->backend, error);
}

static void
twin_finish(struct mg_twin *twin)
{
    twin->backend->ops->destroy(twin->backend);
    g_free(twin->told);
    g_free(twin->gradient);
    mg_optimizer_finish(&twin->optimizer);
    mg_model_destroy(twin->model);
}

void
mg_twins_init(struct mg_twins *twins, uint64_t seed, enum mg_method method, float clip,
              enum mg_precision precision)
{
    GError *error = NULL;
    *twins = (struct mg_twins){.seed = seed};
    draw_shape(seed, &twins->shape);
    twins->batch = mg_twins_draw(seed, 30, 1, 5);
    twins->steps = mg_twins_draw(seed, 31, 1, STEPS_MOST);
    twins->segments = g_new0(struct mg_segment, twins->batch);
    // Some keys of the pieces are outside the model's range.
    mg_fixture_corpus(&twins->corpus, PIECES, MAX(0, twins->shape.lowest_note - 4),
                      twins->shape.notes, seed);
    stop_at(mg_corpus_prepare(&twins->corpus, twins->shape.feature_set, &error), error);
    mg_twins_deal(twins, 0);
    twin_init(&twins->cpu, twins, MG_DEVICE_CPU, MG_PRECISION_FP32, method, clip);
    twin_init(&twins->gpu, twins, MG_DEVICE_CUDA, precision, method, clip);
}

void
mg_twins_finish(struct mg_twins *twins)
{
    twin_finish(&twins->gpu);
    twin_finish(&twins->cpu);
    g_free(twins->segments);
    mg_corpus_finish(&twins->corpus);
}

void
mg_twins_deal(struct mg_twins *twins, uint32_t round)
{
    for (int b = 0; b < twins->batch; b++) {
        uint32_t what = 1000 + 100 * round + 4 * (uint32_t)b;
        const struct mg_piece *piece =
            &twins->corpus.pieces[mg_twins_draw(twins->seed, what, 0, PIECES - 1)];
        int most = MIN(piece->roll.steps, twins->steps);
        int steps = mg_twins_draw(twins->seed, what + 1, 1, most);
        twins->segments[b] = (struct mg_segment){
            .roll = mg_piece_heard(piece, twins->shape.feature_set),
            .start = mg_twins_draw(twins->seed, what + 2, 0, piece->roll.steps - steps),
            .steps = steps,
            .transpose = mg_twins_draw(twins->seed, what + 3, -6, 6),
            .number = (uint32_t)(3 * b + 1),
        };
    }
}

static void
take_gradient(void *context, float *gradient, size_t offset, size_t count)
{
    struct mg_twin *twin = context;
    memcpy(twin->gradient + offset, gradient + offset, count * sizeof *gradient);
    for (size_t i = offset; i < offset + count; i++) {
        twin->told[i]++;
        gradient[i] *= twin->told_scale;
    }
}

void
mg_twins_gradient(struct mg_twins *twins, float dropout, uint32_t update, bool told,
                  struct mg_loss *cpu, struct mg_loss *gpu)
{
    int64_t steps = 0;
    for (int b = 0; b < twins->batch; b++)
        steps += twins->segments[b].steps;
    const struct mg_batch batch = {
        .segments = twins->segments,
        .count = twins->batch,
        .dropout = {.rate = dropout, .seed = twins->seed << 30, .update = update},
        .scale = 1.0f / (float)steps,
    };
    struct mg_twin *twin[2] = {&twins->cpu, &twins->gpu};
    struct mg_loss *losses[2] = {cpu, gpu};
    for (int i = 0; i < 2; i++) {
        GError *error = NULL;
        size_t count = twin[i]->model->layout.parameters;
        memset(twin[i]->told, 0, count * sizeof(int));
        stop_at(twin[i]->backend->ops->gradient(twin[i]->backend, &batch, losses[i],
                                                told ? take_gradient : NULL, twin[i],
                                                &error),
                error);
    }
}

double
mg_twins_difference(const float *a, const float *b, size_t count)
{
    double difference = 0.0, all = 0.0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)a[i] - (double)b[i];
        difference += d * d;
        all += (double)b[i] * (double)b[i];
    }
    return all > 0.0 ? sqrt(difference / all) : sqrt(difference);
}

static const struct mg_settings SETTINGS = {
    .shape =
        {
            .lowest_note = 40,
            .notes = 20,
            .steps_per_quarter = 2,
            .time_layers = 2,
            .time_units = {24, 20},
            .note_layers = 2,
            .note_units = {16, 8},
        },
    .method = MG_METHOD_ADAM,
    .learning_rate = 0.001,
    .final_rate = 1.0,
    .clip = 5.0,
    .decay = 0.1,
    .dropout = 0.25,
    .batch = 4,
    .segment = 16,
    .transpose_low = -2,
    .transpose_high = 3,
    .seed = 7,
    .updates = TRAINING_UPDATES,
};

static void
start(struct mg_training *training, enum mg_device device, enum mg_precision precision,
      const struct mg_corpus *corpus)
{
    GError *error = NULL;
    struct mg_model *model = mg_model_create(&SETTINGS.shape, NULL);
    assert(model);
    mg_model_randomize(model, SETTINGS.seed);
    const struct mg_backend_choice choice = {
        .device = device, .precision = precision, .threads = 2};
    stop_at(mg_training_init(training, &SETTINGS, model, corpus, &choice, &error),
            error);
    training->held_out = corpus;
}

static double
nats_after_update(struct mg_training *training)
{
    struct mg_update update;
    GError *error = NULL;
    stop_at(mg_training_update(training, &update, &error), error);
    return update.loss.play + update.loss.articulate;
}

static double
score_of(struct mg_training *training)
{
    struct mg_score score;
    GError *error = NULL;
    stop_at(mg_training_score(training, NULL, &score, &error), error);
    return mg_score_nats(&score);
}

void
mg_twins_train(enum mg_precision precision, struct mg_twin_curves *curves)
{
    struct mg_corpus corpus;
    struct mg_training cpu, gpu;
    *curves = (struct mg_twin_curves){0};
    mg_fixture_corpus(&corpus, PIECES, 43, 12, 3);
    start(&cpu, MG_DEVICE_CPU, MG_PRECISION_FP32, &corpus);
    start(&gpu, MG_DEVICE_CUDA, precision, &corpus);
    for (int i = 0; i < TRAINING_UPDATES; i++) {
        double nats = nats_after_update(&cpu);
        double apart = fabs(nats_after_update(&gpu) - nats) / nats;
        curves->first = i ? curves->first : nats;
        curves->last = nats;
        curves->apart = fmax(curves->apart, apart);
    }
    curves->cpu_score = score_of(&cpu);
    curves->gpu_score = score_of(&gpu);
    mg_training_finish(&gpu);
    mg_training_finish(&cpu);
    mg_corpus_finish(&corpus);
}
