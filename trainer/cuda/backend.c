// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The backend of an NVIDIA GPU.
//
// Weights and means live on the device.  The gradient is made part by part; where somebody
// listens, each part goes to the host while the next is computed, and what came of it there
// is brought back by the update.
#include <errno.h>
#include <stdlib.h>

#include "trainer/backend.h"
#include "trainer/cuda/feed.h"
#include "trainer/cuda/weights.h"

enum { PARTS_MAX = 2 * MG_LAYERS_MAX + 1 };

struct gpu {
    struct mg_backend backend;
    struct mg_backend_task task;
    struct mg_cuda cuda;
    struct mg_cuda_weights weights;
    struct mg_cuda_feed feed;
    cudaEvent_t computed[PARTS_MAX]; // a part, on the device
    cudaEvent_t copied[PARTS_MAX];   // a part, to the host
    float *gradient;                 // on the host, from the first listener on; owned
    bool told;                       // the update is to take that one
};

static void
copy_part(struct gpu *gpu, int part)
{
    struct mg_cuda *cuda = &gpu->cuda;
    size_t offset, count;
    mg_cuda_network_part(&gpu->feed.net, part, &offset, &count);
    if (cuda->status)
        return;
    mg_cuda_try(cuda, cudaEventRecord(gpu->computed[part], cuda->stream));
    mg_cuda_try(cuda, cudaStreamWaitEvent(cuda->copies, gpu->computed[part], 0));
    mg_cuda_try(cuda, cudaMemcpyAsync(
                          gpu->gradient + offset, gpu->weights.gradient + offset,
                          count * sizeof(float), cudaMemcpyDeviceToHost, cuda->copies));
    mg_cuda_try(cuda, cudaEventRecord(gpu->copied[part], cuda->copies));
}

static void
tell_part(struct gpu *gpu, int part, mg_backend_ready *ready, void *context)
{
    size_t offset, count;
    mg_cuda_network_part(&gpu->feed.net, part, &offset, &count);
    if (!gpu->cuda.status)
        mg_cuda_try(&gpu->cuda, cudaEventSynchronize(gpu->copied[part]));
    // After an error too: whoever waits for all parts must get them.
    if (gpu->gradient)
        ready(context, gpu->gradient, offset, count);
}

static int
gradient(struct mg_backend *backend, const struct mg_batch *batch,
         struct mg_loss *losses, mg_backend_ready *ready, void *context, GError **error)
{
    struct gpu *gpu = (struct gpu *)backend;
    struct mg_cuda_feed *feed = &gpu->feed;
    int parts = mg_cuda_network_parts(&feed->net);
    gpu->told = ready != NULL;
    if (ready && !gpu->gradient)
        gpu->gradient =
            mg_cuda_host(&gpu->cuda, gpu->weights.count * sizeof *gpu->gradient);
    mg_cuda_feed_begin(feed, &batch->dropout, batch->scale, 0);
    for (int b = 0; b < batch->count; b++)
        mg_cuda_feed_add(feed, b, &batch->segments[b]);
    int T = mg_cuda_feed_run(feed);
    for (int part = 0; part < parts; part++) {
        mg_cuda_graphs_run(&feed->graphs, T, part);
        if (ready)
            copy_part(gpu, part);
    }
    for (int part = 0; ready && part < parts; part++)
        tell_part(gpu, part, ready, context);
    mg_cuda_feed_losses(feed, batch->count, losses);
    return mg_cuda_report(&gpu->cuda, error);
}

static int
update(struct mg_backend *backend, float rate, double *norm, GError **error)
{
    struct gpu *gpu = (struct gpu *)backend;
    struct mg_cuda *cuda = &gpu->cuda;
    if (gpu->told && !cuda->status)
        mg_cuda_try(cuda, cudaMemcpyAsync(gpu->weights.gradient, gpu->gradient,
                                          gpu->weights.count * sizeof(float),
                                          cudaMemcpyHostToDevice, cuda->stream));
    *norm = mg_cuda_weights_update(&gpu->weights, cuda, gpu->task.optimizer, rate);
    return mg_cuda_report(cuda, error);
}

static int
score(struct mg_backend *backend, const struct mg_corpus *corpus,
      const volatile sig_atomic_t *stop, struct mg_score *out, GError **error)
{
    struct gpu *gpu = (struct gpu *)backend;
    *out = mg_cuda_feed_score(&gpu->feed, corpus, stop);
    return mg_cuda_report(&gpu->cuda, error);
}

static int
load(struct mg_backend *backend, GError **error)
{
    struct gpu *gpu = (struct gpu *)backend;
    mg_cuda_weights_load(&gpu->weights, &gpu->cuda, gpu->task.model->weights,
                         gpu->task.optimizer);
    return mg_cuda_report(&gpu->cuda, error);
}

static int
store(struct mg_backend *backend, GError **error)
{
    struct gpu *gpu = (struct gpu *)backend;
    mg_cuda_weights_store(&gpu->weights, &gpu->cuda, gpu->task.model->weights,
                          gpu->task.optimizer);
    return mg_cuda_report(&gpu->cuda, error);
}

static void
destroy(struct mg_backend *backend)
{
    struct gpu *gpu = (struct gpu *)backend;
    for (int part = 0; part < PARTS_MAX; part++) {
        if (gpu->computed[part])
            cudaEventDestroy(gpu->computed[part]);
        if (gpu->copied[part])
            cudaEventDestroy(gpu->copied[part]);
    }
    cudaFreeHost(gpu->gradient);
    mg_cuda_feed_finish(&gpu->feed);
    mg_cuda_weights_finish(&gpu->weights);
    mg_cuda_finish(&gpu->cuda);
    free(gpu);
}

static const struct mg_backend_ops CUDA = {
    .name = "cuda",
    .gradient = gradient,
    .update = update,
    .score = score,
    .load = load,
    .store = store,
    .destroy = destroy,
};

static int
prepare(struct gpu *gpu, bool bf16, int rank, GError **error)
{
    struct mg_cuda *cuda = &gpu->cuda;
    const struct mg_layout *layout = &gpu->task.model->layout;
    int status = mg_cuda_init(cuda, bf16, rank, error);
    if (status)
        return status;
    mg_cuda_weights_init(&gpu->weights, cuda, layout->parameters);
    for (int part = 0; part < PARTS_MAX && !cuda->status; part++) {
        mg_cuda_try(cuda, cudaEventCreateWithFlags(&gpu->computed[part],
                                                   cudaEventDisableTiming));
        mg_cuda_try(cuda, cudaEventCreateWithFlags(&gpu->copied[part],
                                                   cudaEventDisableTiming));
    }
    status =
        mg_cuda_feed_init(&gpu->feed, cuda, layout, gpu->task.batch, gpu->task.steps,
                          gpu->weights.values, gpu->weights.gradient, error);
    return status ? status : load(&gpu->backend, error);
}

__attribute__((visibility("default"))) struct mg_backend *
mg_backend_create_cuda(const struct mg_backend_choice *choice,
                       const struct mg_backend_task *task, GError **error)
{
    struct gpu *gpu = calloc(1, sizeof *gpu);
    if (!gpu) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        return NULL;
    }
    gpu->backend.ops = &CUDA;
    gpu->task = *task;
    if (prepare(gpu, choice->precision == MG_PRECISION_BF16, choice->rank_on_host,
                error)) {
        destroy(&gpu->backend);
        return NULL;
    }
    g_strlcpy(gpu->backend.remark, gpu->cuda.name, sizeof gpu->backend.remark);
    return &gpu->backend;
}
