// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The CPU: every thread takes whole segments.  In its last one it tells which parts of the
// gradient it is done with, and the last thread to be done with a part sums it up, in the
// order of the threads: so a part can travel while the threads still work on the next.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "trainer/backend.h"
#include "trainer/pages.h"
#include "trainer/team.h"

enum { PARTS_MAX = 2 * MG_LAYERS_MAX + 1 };

struct cpu {
    struct mg_backend backend;
    struct mg_backend_task task;
    int threads;
    struct mg_packed *packed;
    struct mg_workspace **workspaces; // one a thread
    float *gradient;
    struct mg_evaluator *evaluator; // from the first score on
    // The batch in hand:
    const struct mg_batch *batch;
    struct mg_loss *losses;
    mg_backend_ready *ready;
    void *context;
    pthread_mutex_t telling;    // held while ready is called
    atomic_int done[PARTS_MAX]; // threads that are done with a part
};

// Threads that have a segment.
static int
busy_threads(const struct cpu *cpu)
{
    return cpu->threads < cpu->batch->count ? cpu->threads : cpu->batch->count;
}

static void
end_part(void *context, int part)
{
    struct cpu *cpu = context;
    int threads = busy_threads(cpu);
    if (atomic_fetch_add(&cpu->done[part], 1) < threads - 1)
        return;
    for (int k = 0; k < threads; k++)
        mg_backprop_give(cpu->workspaces[k], part, cpu->gradient);
    if (!cpu->ready)
        return;
    size_t offset, count;
    mg_backprop_part(&cpu->task.model->layout, part, &offset, &count);
    pthread_mutex_lock(&cpu->telling);
    cpu->ready(cpu->context, cpu->gradient, offset, count);
    pthread_mutex_unlock(&cpu->telling);
}

static void
run_segment(void *context, int thread, int job)
{
    struct cpu *cpu = context;
    const struct mg_batch *batch = cpu->batch;
    struct mg_workspace *workspace = cpu->workspaces[thread];
    cpu->losses[job] = (struct mg_loss){0};
    mg_backprop_forward(workspace, cpu->packed, &batch->segments[job], false,
                        &batch->dropout, &cpu->losses[job]);
    bool last = job + cpu->threads >= batch->count;
    mg_backprop_backward(workspace, cpu->packed, batch->scale, last ? end_part : NULL,
                         cpu);
}

static int
gradient(struct mg_backend *backend, const struct mg_batch *batch,
         struct mg_loss *losses, mg_backend_ready *ready, void *context, GError **error)
{
    (void)error;
    struct cpu *cpu = (struct cpu *)backend;
    cpu->batch = batch;
    cpu->losses = losses;
    cpu->ready = ready;
    cpu->context = context;
    for (int part = 0; part < PARTS_MAX; part++)
        atomic_store(&cpu->done[part], 0);
    memset(cpu->gradient, 0, cpu->task.model->layout.parameters * sizeof(float));
    mg_packed_take(cpu->packed, cpu->task.model->weights, cpu->threads);
    mg_team_run(cpu->threads, batch->count, run_segment, cpu);
    return 0;
}

static int
update(struct mg_backend *backend, float rate, double *norm, GError **error)
{
    (void)error;
    struct cpu *cpu = (struct cpu *)backend;
    *norm = mg_optimizer_update(cpu->task.optimizer, rate, cpu->task.model->weights,
                                cpu->gradient);
    return 0;
}

static int
no_memory(GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
                "not enough memory: try a shorter --segment or fewer --threads");
    return -ENOMEM;
}

static int
score(struct mg_backend *backend, const struct mg_corpus *corpus,
      const volatile sig_atomic_t *stop, struct mg_score *out, GError **error)
{
    struct cpu *cpu = (struct cpu *)backend;
    const struct mg_model *model = cpu->task.model;
    if (!cpu->evaluator)
        cpu->evaluator = mg_evaluator_create(&model->layout, cpu->threads);
    if (!cpu->evaluator)
        return no_memory(error);
    *out = mg_evaluator_run(cpu->evaluator, model->weights, corpus, stop);
    return 0;
}

// The weights and means of the host are those it works on.
static int
nothing_to_do(struct mg_backend *backend, GError **error)
{
    (void)backend;
    (void)error;
    return 0;
}

static void
destroy(struct mg_backend *backend)
{
    struct cpu *cpu = (struct cpu *)backend;
    mg_evaluator_destroy(cpu->evaluator);
    for (int k = 0; cpu->workspaces && k < cpu->threads; k++)
        mg_workspace_destroy(cpu->workspaces[k]);
    free(cpu->workspaces);
    free(cpu->gradient);
    mg_packed_destroy(cpu->packed);
    pthread_mutex_destroy(&cpu->telling);
    free(cpu);
}

static const struct mg_backend_ops CPU = {
    .name = "cpu",
    .on_host = true,
    .gradient = gradient,
    .update = update,
    .score = score,
    .load = nothing_to_do,
    .store = nothing_to_do,
    .destroy = destroy,
};

static int
prepare(struct cpu *cpu, const struct mg_kernel *kernel)
{
    const struct mg_layout *layout = &cpu->task.model->layout;
    cpu->packed = mg_packed_create(layout, kernel);
    cpu->workspaces = calloc((size_t)cpu->threads, sizeof(void *));
    cpu->gradient = mg_pages(layout->parameters, 1);
    if (!cpu->packed || !cpu->workspaces || !cpu->gradient)
        return -ENOMEM;
    for (int k = 0; k < cpu->threads; k++) {
        cpu->workspaces[k] = mg_workspace_create(layout, kernel, cpu->task.steps);
        if (!cpu->workspaces[k])
            return -ENOMEM;
    }
    return 0;
}

// The best kernel for a precision: what a training multiplies is blocks.
static const struct mg_kernel *
pick_kernel(enum mg_precision precision)
{
    const struct mg_kernel *kernel = mg_kernel_pick(
        precision == MG_PRECISION_BF16 ? MG_PRECISION_BF16 : MG_PRECISION_FP32);
    return kernel->of_blocks ? kernel->of_blocks : kernel;
}

struct mg_backend *
mg_backend_create_cpu(const struct mg_backend_choice *choice,
                      const struct mg_backend_task *task, GError **error)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    if (cpu) {
        cpu->backend.ops = &CPU;
        cpu->task = *task;
        cpu->threads = choice->threads;
        pthread_mutex_init(&cpu->telling, NULL);
        if (!prepare(cpu, pick_kernel(choice->precision)))
            return &cpu->backend;
        destroy(&cpu->backend);
    }
    no_memory(error);
    return NULL;
}
