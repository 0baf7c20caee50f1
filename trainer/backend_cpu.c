// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The CPU: every thread takes whole segments, then the gradients are summed in order.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trainer/backend.h"
#include "trainer/team.h"

struct cpu {
    struct mg_backend backend;
    struct mg_backend_task task;
    int threads;
    struct mg_workspace **workspaces; // one a thread
    float **gradients;                // one a thread
    struct mg_evaluator *evaluator;   // from the first score on
    // The batch in hand:
    const struct mg_batch *batch;
    struct mg_loss *losses;
};

static void
run_segment(void *context, int thread, int job)
{
    struct cpu *cpu = context;
    const struct mg_batch *batch = cpu->batch;
    struct mg_workspace *workspace = cpu->workspaces[thread];
    const float *weights = cpu->task.model->weights;
    cpu->losses[job] = (struct mg_loss){0};
    mg_backprop_forward(workspace, weights, &batch->segments[job], false,
                        &batch->dropout, &cpu->losses[job]);
    mg_backprop_backward(workspace, weights, batch->scale, cpu->gradients[thread]);
}

static void
sum_gradients(struct cpu *cpu, size_t count)
{
    for (int k = 1; k < cpu->threads; k++)
        for (size_t i = 0; i < count; i++)
            cpu->gradients[0][i] += cpu->gradients[k][i];
}

static int
gradient(struct mg_backend *backend, const struct mg_batch *batch,
         struct mg_loss *losses, mg_backend_ready *ready, void *context, GError **error)
{
    (void)error;
    struct cpu *cpu = (struct cpu *)backend;
    size_t count = cpu->task.model->layout.parameters;
    cpu->batch = batch;
    cpu->losses = losses;
    for (int k = 0; k < cpu->threads; k++)
        memset(cpu->gradients[k], 0, count * sizeof(float));
    mg_team_run(cpu->threads, batch->count, run_segment, cpu);
    sum_gradients(cpu, count);
    if (ready)
        ready(context, cpu->gradients[0], 0, count);
    return 0;
}

static int
update(struct mg_backend *backend, float rate, double *norm, GError **error)
{
    (void)error;
    struct cpu *cpu = (struct cpu *)backend;
    *norm = mg_optimizer_update(cpu->task.optimizer, rate, cpu->task.model->weights,
                                cpu->gradients[0]);
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
score(struct mg_backend *backend, const struct mg_corpus *corpus, struct mg_score *out,
      GError **error)
{
    struct cpu *cpu = (struct cpu *)backend;
    const struct mg_model *model = cpu->task.model;
    if (!cpu->evaluator)
        cpu->evaluator = mg_evaluator_create(&model->layout, cpu->threads);
    if (!cpu->evaluator)
        return no_memory(error);
    *out = mg_evaluator_run(cpu->evaluator, model->weights, corpus);
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
    for (int k = 0; k < cpu->threads; k++) {
        if (cpu->workspaces)
            mg_workspace_destroy(cpu->workspaces[k]);
        if (cpu->gradients)
            free(cpu->gradients[k]);
    }
    free(cpu->gradients);
    free(cpu->workspaces);
    free(cpu);
}

static const struct mg_backend_class CPU = {
    .name = "cpu",
    .gradient = gradient,
    .update = update,
    .score = score,
    .load = nothing_to_do,
    .store = nothing_to_do,
    .destroy = destroy,
};

static int
prepare(struct cpu *cpu)
{
    const struct mg_layout *layout = &cpu->task.model->layout;
    size_t threads = (size_t)cpu->threads;
    cpu->workspaces = calloc(threads, sizeof *cpu->workspaces);
    cpu->gradients = calloc(threads, sizeof *cpu->gradients);
    if (!cpu->workspaces || !cpu->gradients)
        return -ENOMEM;
    for (size_t k = 0; k < threads; k++) {
        cpu->workspaces[k] = mg_workspace_create(layout, cpu->task.steps);
        cpu->gradients[k] = malloc(layout->parameters * sizeof(float));
        if (!cpu->workspaces[k] || !cpu->gradients[k])
            return -ENOMEM;
    }
    return 0;
}

struct mg_backend *
mg_backend_create_cpu(const struct mg_backend_choice *choice,
                      const struct mg_backend_task *task, GError **error)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    if (cpu) {
        cpu->backend.class = &CPU;
        cpu->task = *task;
        cpu->threads = choice->threads;
        if (!prepare(cpu))
            return &cpu->backend;
        destroy(&cpu->backend);
    }
    no_memory(error);
    return NULL;
}
