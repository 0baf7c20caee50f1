// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a GPU computes against the CPU, operation by operation, on random shapes: with
// products in full fp32, so that only the order of sums differs.  What TF32 and bf16 do to
// it is in test_cuda_rounded.c.
//
// Each case runs on the stand-in, and again on a GPU where there is one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fixture.h"
#include "tests/twins.h"

enum { SHAPES = 12, ROUNDS = 4 };

// Of losses and gradients of a segment: sums of up to some thousand products in another
// order, through up to 37 places.  fp32 rounds by 6e-8 at most; a thousand roundings that do
// not know of each other make 30 times that, and places add to it.
static const double TOLERANCE = 2e-5;

static const enum mg_player STAND_IN = MG_PLAYER_STAND_IN, GPU = MG_PLAYER_GPU;

static void
call_player(void **state)
{
    if (!mg_twins_call(*(const enum mg_player *)*state))
        skip();
}

static void
assert_losses(const struct mg_loss *cpu, const struct mg_loss *gpu, int count)
{
    for (int b = 0; b < count; b++) {
        double all = cpu[b].play + cpu[b].articulate;
        if (fabs(cpu[b].play - gpu[b].play) > TOLERANCE * all ||
            fabs(cpu[b].articulate - gpu[b].articulate) > TOLERANCE * all)
            fail_msg("segment %d: %g %g on the CPU, %g %g", b, cpu[b].play,
                     cpu[b].articulate, gpu[b].play, gpu[b].articulate);
    }
}

// Tensor by tensor, each beside its own size.
static double
worst_tensor(const struct mg_twins *t, const float *cpu, const float *gpu)
{
    const struct mg_layout *layout = &t->cpu.model->layout;
    double worst = 0.0;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct mg_tensor *tensor = &layout->tensors[i];
        double difference = mg_twins_difference(gpu + tensor->offset,
                                                cpu + tensor->offset, tensor->count);
        worst = difference > worst ? difference : worst;
        if (!(difference < TOLERANCE))
            fail_msg("shape %d: %s differs by %g", (int)t->seed, tensor->name,
                     difference);
    }
    return worst;
}

// Several batches of each shape: the first is computed directly, the second captured, the
// others launched as graphs.
static void
gradients_agree(void **state)
{
    call_player(state);
    double worst = 0.0;
    for (uint64_t seed = 1; seed <= SHAPES; seed++) {
        struct mg_twins t;
        struct mg_loss cpu[8], gpu[8];
        mg_twins_init(&t, seed, MG_METHOD_ADAM, 0, MG_PRECISION_FP32);
        for (uint32_t round = 0; round < ROUNDS; round++) {
            mg_twins_deal(&t, round);
            mg_twins_gradient(&t, round % 2 ? 0.4f : 0.0f, round, true, cpu, gpu);
            assert_losses(cpu, gpu, t.batch);
            double one = worst_tensor(&t, t.cpu.gradient, t.gpu.gradient);
            worst = one > worst ? one : worst;
            for (size_t i = 0; i < t.gpu.model->layout.parameters; i++)
                assert_int_equal(t.gpu.told[i], 1);
        }
        mg_twins_finish(&t);
    }
    print_message("gradients differ by %.1e at the most\n", worst);
}

// A listener's changes count: a gradient of double size has twice the norm.
static void
what_is_told_may_be_changed(void **state)
{
    call_player(state);
    struct mg_twins t;
    struct mg_loss cpu[8], gpu[8];
    double norm[2];
    mg_twins_init(&t, 3, MG_METHOD_ADADELTA, 0, MG_PRECISION_FP32);
    for (int i = 0; i < 2; i++) {
        t.gpu.told_scale = i ? 2.0f : 1.0f;
        mg_twins_gradient(&t, 0.0f, 0, true, cpu, gpu);
        assert_int_equal(
            t.gpu.backend->ops->update(t.gpu.backend, 0.0f, &norm[i], NULL), 0);
    }
    assert_true(fabs(norm[1] - 2 * norm[0]) < 1e-6 * norm[1]);
    mg_twins_gradient(&t, 0.0f, 0, false, cpu, gpu);
    t.gpu.backend->ops->update(t.gpu.backend, 0.0f, &norm[1], NULL);
    assert_true(fabs(norm[1] - norm[0]) < 1e-6 * norm[0]);
    mg_twins_finish(&t);
}

static void
update_both(struct mg_twins *t, float rate, double norm[2])
{
    GError *error = NULL;
    struct mg_backend *cpu = t->cpu.backend, *gpu = t->gpu.backend;
    assert_int_equal(cpu->ops->update(cpu, rate, &norm[0], &error), 0);
    assert_int_equal(gpu->ops->update(gpu, rate, &norm[1], &error), 0);
}

// From the same means and gradients: where the gradients are each backend's own, Adam makes
// a whole step of the rounding of a derivative that is 0.
static void
updates_agree_for(enum mg_method method, float clip, uint64_t seed)
{
    struct mg_twins t;
    struct mg_loss cpu[8], gpu[8];
    double norm[2];
    mg_twins_init(&t, seed, method, clip, MG_PRECISION_FP32);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t bytes = t.cpu.optimizer.count * sizeof(float);
        mg_twins_gradient(&t, 0.3f, round, false, cpu, gpu);
        update_both(&t, method == MG_METHOD_ADAM ? 0.01f : 1.0f, norm);
        assert_true(fabs(norm[0] - norm[1]) < TOLERANCE * norm[0]);
        assert_int_equal(t.gpu.backend->ops->store(t.gpu.backend, NULL), 0);
        assert_int_equal(t.gpu.optimizer.updates, t.cpu.optimizer.updates);
        worst_tensor(&t, t.cpu.optimizer.gradient2, t.gpu.optimizer.gradient2);
        worst_tensor(&t, t.cpu.optimizer.other, t.gpu.optimizer.other);
        worst_tensor(&t, t.cpu.model->weights, t.gpu.model->weights);
        memcpy(t.gpu.model->weights, t.cpu.model->weights, bytes);
        memcpy(t.gpu.optimizer.gradient2, t.cpu.optimizer.gradient2, bytes);
        memcpy(t.gpu.optimizer.other, t.cpu.optimizer.other, bytes);
        assert_int_equal(t.gpu.backend->ops->load(t.gpu.backend, NULL), 0);
    }
    mg_twins_finish(&t);
}

static void
updates_agree(void **state)
{
    call_player(state);
    for (uint64_t seed = 20; seed < 23; seed++) {
        updates_agree_for(MG_METHOD_ADADELTA, 0.0f, seed);
        updates_agree_for(MG_METHOD_ADADELTA, 0.1f, seed);
        updates_agree_for(MG_METHOD_ADAM, 0.0f, seed);
        updates_agree_for(MG_METHOD_ADAM, 0.1f, seed);
    }
}

static void
nonsense_changes_nothing(void **state)
{
    call_player(state);
    struct mg_twins t;
    struct mg_loss cpu[8], gpu[8];
    double norm[2];
    mg_twins_init(&t, 31, MG_METHOD_ADAM, 5.0f, MG_PRECISION_FP32);
    t.gpu.told_scale = (float)NAN;
    mg_twins_gradient(&t, 0.0f, 0, true, cpu, gpu);
    update_both(&t, 0.1f, norm);
    assert_true(!isfinite(norm[1]));
    assert_int_equal(t.gpu.optimizer.updates, 0);
    float *before = g_memdup2(t.gpu.model->weights, t.gpu.optimizer.count * 4);
    t.gpu.backend->ops->store(t.gpu.backend, NULL);
    assert_memory_equal(before, t.gpu.model->weights, t.gpu.optimizer.count * 4);
    g_free(before);
    mg_twins_finish(&t);
}

static void
assert_scores(struct mg_twins *t)
{
    struct mg_score cpu, gpu;
    struct mg_backend *on_cpu = t->cpu.backend, *on_gpu = t->gpu.backend;
    assert_int_equal(on_cpu->ops->score(on_cpu, &t->corpus, NULL, &cpu, NULL), 0);
    assert_int_equal(on_gpu->ops->score(on_gpu, &t->corpus, NULL, &gpu, NULL), 0);
    assert_losses(&cpu.loss, &gpu.loss, 1);
    assert_int_equal(cpu.pieces, gpu.pieces);
    assert_int_equal(cpu.steps, gpu.steps);
    assert_int_equal(cpu.sounding, gpu.sounding);
    assert_int_equal(cpu.silent_steps, gpu.silent_steps);
    assert_int_equal(cpu.unscored_cells, gpu.unscored_cells);
}

// Pieces longer than a batch's segments are scored window by window; twice, and after a
// gradient, whose dropout is not to be left over.
static void
scores_agree(void **state)
{
    call_player(state);
    for (uint64_t seed = 40; seed < 40 + SHAPES; seed++) {
        struct mg_twins t;
        struct mg_loss cpu[8], gpu[8];
        mg_twins_init(&t, seed, MG_METHOD_ADAM, 0, MG_PRECISION_FP32);
        assert_scores(&t);
        mg_twins_gradient(&t, 0.5f, 1, false, cpu, gpu);
        assert_scores(&t);
        mg_twins_finish(&t);
    }
}

static void
load_and_store_are_exact(void **state)
{
    call_player(state);
    struct mg_twins t;
    mg_twins_init(&t, 50, MG_METHOD_ADAM, 0, MG_PRECISION_FP32);
    size_t count = t.gpu.optimizer.count, bytes = count * sizeof(float);
    float *arrays[3] = {t.gpu.model->weights, t.gpu.optimizer.gradient2,
                        t.gpu.optimizer.other};
    float *kept[3];
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k < count; k++)
            arrays[i][k] = (float)mg_twins_draw(50 + (uint64_t)i, (uint32_t)k, 0, 999);
        kept[i] = g_memdup2(arrays[i], bytes);
    }
    assert_int_equal(t.gpu.backend->ops->load(t.gpu.backend, NULL), 0);
    for (int i = 0; i < 3; i++)
        memset(arrays[i], 0, bytes);
    assert_int_equal(t.gpu.backend->ops->store(t.gpu.backend, NULL), 0);
    for (int i = 0; i < 3; i++) {
        assert_memory_equal(kept[i], arrays[i], bytes);
        g_free(kept[i]);
    }
    mg_twins_finish(&t);
}

// 200 updates on, the order of the sums has made a difference of 5e-7 here, and of 2e-6 with
// other seeds.
static void
curves_agree(void **state)
{
    call_player(state);
    struct mg_twin_curves curves;
    mg_twins_train(MG_PRECISION_FP32, &curves);
    print_message("from %.2f to %.2f nats, %.1e apart at the most; scores %.4f on the "
                  "CPU, %.4f\n",
                  curves.first, curves.last, curves.apart, curves.cpu_score,
                  curves.gpu_score);
    assert_true(curves.last < 0.9 * curves.first);
    assert_true(curves.apart < 1e-4);
    assert_true(fabs(curves.cpu_score - curves.gpu_score) < 1e-4 * curves.cpu_score);
}

// Creates a backend on a stand-in that is short of something.  Returns the refusal, to be
// freed, or NULL.
static char *
refusal(const char *variable, const char *value)
{
    const struct mg_shape shape = {60, 5, 2, 2, {9, 3}, 2, {4, 5}, 0};
    struct mg_model *model = mg_fixture_model(&shape, 1);
    struct mg_optimizer optimizer;
    GError *error = NULL;
    char *message = NULL;
    mg_optimizer_init(&optimizer, MG_METHOD_ADAM, 0, 0, model->layout.parameters);
    const struct mg_backend_choice choice = {
        .device = MG_DEVICE_CUDA, .precision = MG_PRECISION_BF16, .threads = 1};
    const struct mg_backend_task task = {model, &optimizer, 2, 3};
    g_setenv(variable, value, TRUE);
    struct mg_backend *backend = mg_backend_create(&choice, &task, &error);
    g_unsetenv(variable);
    if (backend)
        backend->ops->destroy(backend);
    else
        message = g_strdup(error->message);
    g_clear_error(&error);
    mg_optimizer_finish(&optimizer);
    mg_model_destroy(model);
    return message;
}

static void
no_device_is_told(void **unused)
{
    (void)unused;
    assert_true(mg_twins_call(MG_PLAYER_STAND_IN));
    char *message = refusal("MG_STAND_IN_DEVICES", "0");
    assert_string_equal(message, "cuda: no device found (driver 13.0: no CUDA-capable "
                                 "device is detected)");
    g_free(message);
}

// Each of the allocations fails in turn.
static void
short_memory_is_told(void **unused)
{
    (void)unused;
    int most = 0;
    char *message = NULL, *before;
    assert_true(mg_twins_call(MG_PLAYER_STAND_IN));
    do {
        char *value = g_strdup_printf("%d", most++);
        before = message;
        message = refusal("MG_STAND_IN_ALLOCATIONS", value);
        if (message && (!strstr(message, "memory") || strchr(message, '\n')))
            fail_msg("'%s' does not name the memory", message);
        g_free(before);
        g_free(value);
    } while (message);
    assert_true(most > 20);
}

int
main(void)
{
    // cuBLAS's own variable.
    g_setenv("NVIDIA_TF32_OVERRIDE", "0", TRUE);
#define CASE(name, player)                                                             \
    {                                                                                  \
#name " (" #player ")", name, NULL, NULL, (void *)&(player)                    \
    }
    const struct CMUnitTest tests[] = {
        CASE(gradients_agree, STAND_IN),
        CASE(what_is_told_may_be_changed, STAND_IN),
        CASE(updates_agree, STAND_IN),
        CASE(nonsense_changes_nothing, STAND_IN),
        CASE(scores_agree, STAND_IN),
        CASE(load_and_store_are_exact, STAND_IN),
        CASE(curves_agree, STAND_IN),
        cmocka_unit_test(no_device_is_told),
        cmocka_unit_test(short_memory_is_told),
        CASE(gradients_agree, GPU),
        CASE(what_is_told_may_be_changed, GPU),
        CASE(updates_agree, GPU),
        CASE(nonsense_changes_nothing, GPU),
        CASE(scores_agree, GPU),
        CASE(load_and_store_are_exact, GPU),
        CASE(curves_agree, GPU),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
