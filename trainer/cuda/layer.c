// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Large products for all places, and place by place what waits for the place before.
#include "trainer/cuda/layer.h"

enum { EIGHT = 8 }; // factors: 16 bytes of bf16

static int
rounded_up(int count)
{
    return (count + EIGHT - 1) / EIGHT * EIGHT;
}

void
mg_cuda_layer_init(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                   const struct mg_lstm *lstm, uint32_t number, int S, int R)
{
    size_t rows = (size_t)(S + 1) * (size_t)R, factor = mg_cuda_factor_bytes(cuda);
    *layer = (struct mg_cuda_layer){
        .lstm = lstm,
        .number = number,
        .stride = rounded_up(lstm->units),
        .h_at = rounded_up(lstm->inputs + 1),
    };
    layer->width = layer->h_at + layer->stride;
    size_t stride = (size_t)layer->stride, width = (size_t)layer->width;
    layer->inputs = mg_cuda_zeros(cuda, rows * width, factor);
    layer->gates = mg_cuda_zeros(cuda, rows * 4 * stride, sizeof(float));
    layer->c = mg_cuda_zeros(cuda, rows * stride, sizeof(float));
    layer->mask = mg_cuda_zeros(cuda, (size_t)R * (size_t)lstm->units, sizeof(float));
    layer->packed = mg_cuda_zeros(cuda, 4 * stride * width, factor);
    MG_CUDA_LAUNCH(cuda, ones, rows,
                   .x = mg_cuda_factor_at(cuda, layer->inputs, (size_t)lstm->inputs),
                   .width = (uint32_t)layer->width, .bf16 = cuda->bf16);
}

void
mg_cuda_layer_finish(struct mg_cuda_layer *layer)
{
    cudaFree(layer->packed);
    cudaFree(layer->mask);
    cudaFree(layer->c);
    cudaFree(layer->gates);
    cudaFree(layer->inputs);
    *layer = (struct mg_cuda_layer){0};
}

void
mg_cuda_scratch_init(struct mg_cuda_scratch *scratch, struct mg_cuda *cuda,
                     const struct mg_cuda_layer *const *layers, int count, int R,
                     size_t places)
{
    size_t stride = 0, sums = 0, rows = (size_t)R;
    for (int l = 0; l < count; l++) {
        size_t of_layer = 4 * (size_t)layers[l]->stride * (size_t)layers[l]->width;
        sums = of_layer > sums ? of_layer : sums;
        stride =
            (size_t)layers[l]->stride > stride ? (size_t)layers[l]->stride : stride;
    }
    *scratch = (struct mg_cuda_scratch){
        .ones = mg_cuda_zeros(cuda, rows, sizeof(float)),
        .by_c = mg_cuda_zeros(cuda, rows * stride, sizeof(float)),
        .recurrent = mg_cuda_zeros(cuda, rows * stride, sizeof(float)),
        .initial = mg_cuda_zeros(cuda, 2 * stride, sizeof(float)),
        .sums = mg_cuda_zeros(cuda, sums, sizeof(float)),
    };
    if (cuda->bf16)
        scratch->by_sums =
            mg_cuda_zeros(cuda, places * 4 * stride, mg_cuda_factor_bytes(cuda));
    MG_CUDA_LAUNCH(cuda, ones, rows, .x = scratch->ones, .width = 1);
}

void
mg_cuda_scratch_finish(struct mg_cuda_scratch *scratch)
{
    cudaFree(scratch->by_sums);
    cudaFree(scratch->sums);
    cudaFree(scratch->initial);
    cudaFree(scratch->recurrent);
    cudaFree(scratch->by_c);
    cudaFree(scratch->ones);
    *scratch = (struct mg_cuda_scratch){0};
}

void
mg_cuda_layer_pack(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                   const float *weights)
{
    MG_CUDA_LAUNCH(cuda, pack, 4 * layer->stride * layer->width,
                   .weight_ih = weights + layer->lstm->weight_ih,
                   .weight_hh = weights + layer->lstm->weight_hh,
                   .packed = layer->packed, .inputs = (uint32_t)layer->lstm->inputs,
                   .H = (uint32_t)layer->lstm->units, .stride = (uint32_t)layer->stride,
                   .width = (uint32_t)layer->width, .h = (uint32_t)layer->h_at,
                   .bf16 = cuda->bf16);
}

// The inputs from a place and a column on.
static struct mg_cuda_matrix
inputs_from(const struct mg_cuda_layer *layer, const struct mg_cuda *cuda, int R, int s,
            int column)
{
    size_t at = (size_t)s * (size_t)R * (size_t)layer->width + (size_t)column;
    return (struct mg_cuda_matrix){mg_cuda_factor_at(cuda, layer->inputs, at),
                                   layer->width, false};
}

// The weights from a column on, for the way up.
static struct mg_cuda_matrix
weights_from(const struct mg_cuda_layer *layer, const struct mg_cuda *cuda, int column)
{
    return (struct mg_cuda_matrix){
        mg_cuda_factor_at(cuda, layer->packed, (size_t)column), layer->width, true};
}

static float *
gates_at(const struct mg_cuda_layer *layer, int R, int s)
{
    return layer->gates + (size_t)s * (size_t)R * 4 * (size_t)layer->stride;
}

static float *
c_at(const struct mg_cuda_layer *layer, int R, int s)
{
    return layer->c + (size_t)s * (size_t)R * (size_t)layer->stride;
}

static void
begin(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
      const struct mg_cuda_course *course, const float *weights)
{
    const struct mg_lstm *lstm = layer->lstm;
    uint32_t H = (uint32_t)lstm->units;
    MG_CUDA_LAUNCH(cuda, mask, (uint32_t)course->R * H, .batch = course->batch,
                   .mask = layer->mask, .inner = (uint32_t)course->inner, .H = H,
                   .layer = layer->number);
    MG_CUDA_LAUNCH(cuda, begin, (uint32_t)course->R * H,
                   .batch = course->carries ? course->batch : NULL,
                   .h0 = weights + lstm->h0, .c0 = weights + lstm->c0,
                   .h = mg_cuda_factor_at(cuda, layer->inputs, (size_t)layer->h_at),
                   .c = layer->c, .R = (uint32_t)course->R, .H = H,
                   .width = (uint32_t)layer->width, .stride = (uint32_t)layer->stride,
                   .bf16 = cuda->bf16);
}

void
mg_cuda_layer_forward(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                      const struct mg_cuda_course *course, const float *weights,
                      struct mg_cuda_rows up, bool up_bf16)
{
    int G = 4 * layer->stride, H = layer->lstm->units, S = course->S, R = course->R;
    begin(layer, cuda, course, weights);
    mg_cuda_multiply(cuda, S * R, G, layer->h_at, inputs_from(layer, cuda, R, 0, 0),
                     weights_from(layer, cuda, 0), false, layer->gates, G);
    for (int s = 0; s < S; s++) {
        float *gates = gates_at(layer, R, s);
        mg_cuda_multiply(cuda, R, G, layer->stride,
                         inputs_from(layer, cuda, R, s, layer->h_at),
                         weights_from(layer, cuda, layer->h_at), true, gates, G);
        struct mg_cuda_matrix next = inputs_from(layer, cuda, R, s + 1, layer->h_at);
        MG_CUDA_LAUNCH(
            cuda, cells_up, R * H, .gates = gates, .bias = weights + layer->lstm->bias,
            .c_before = c_at(layer, R, s), .c = c_at(layer, R, s + 1),
            .h_next = (void *)next.values, .mask = layer->mask, .up = up,
            .place = (uint32_t)s, .H = (uint32_t)H, .stride = (uint32_t)layer->stride,
            .width = (uint32_t)layer->width, .bf16 = cuda->bf16, .up_bf16 = up_bf16);
    }
}

// From the last place to the first; leaves the loss by the state before it in the scratch.
static void
places_back(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
            const struct mg_cuda_course *course, struct mg_cuda_scratch *scratch,
            struct mg_cuda_rows above, void *by_sums)
{
    int G = 4 * layer->stride, H = layer->lstm->units, R = course->R;
    struct mg_cuda_matrix weights = {mg_cuda_factor_at(cuda, layer->packed,
                                                       (size_t)layer->h_at),
                                     layer->width, false};
    for (int s = course->S - 1; s >= 0; s--) {
        void *by_place =
            mg_cuda_factor_at(cuda, by_sums, (size_t)s * (size_t)R * (size_t)G);
        MG_CUDA_LAUNCH(cuda, cells_down, R * H, .gates = gates_at(layer, R, s),
                       .by_sums = by_place, .c_before = c_at(layer, R, s),
                       .c = c_at(layer, R, s + 1),
                       .recurrent = s < course->S - 1 ? scratch->recurrent : NULL,
                       .by_c = scratch->by_c, .mask = layer->mask, .above = above,
                       .place = (uint32_t)s, .H = (uint32_t)H,
                       .stride = (uint32_t)layer->stride, .bf16 = cuda->bf16);
        mg_cuda_multiply(cuda, R, layer->stride, G,
                         (struct mg_cuda_matrix){by_place, G, false}, weights, false,
                         scratch->recurrent, layer->stride);
    }
}

static void
give_gradient(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
              const struct mg_cuda_scratch *scratch, float *gradient)
{
    const struct mg_lstm *lstm = layer->lstm;
    size_t values = lstm->c0 + (size_t)lstm->units - lstm->weight_ih;
    MG_CUDA_LAUNCH(cuda, unpack, values, .sums = scratch->sums,
                   .initial = scratch->initial, .gradient = gradient + lstm->weight_ih,
                   .inputs = (uint32_t)lstm->inputs, .H = (uint32_t)lstm->units,
                   .stride = (uint32_t)layer->stride, .width = (uint32_t)layer->width,
                   .h = (uint32_t)layer->h_at);
}

void
mg_cuda_layer_backward(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                       const struct mg_cuda_course *course,
                       struct mg_cuda_scratch *scratch, struct mg_cuda_rows above,
                       float *below, float *gradient)
{
    int G = 4 * layer->stride, S = course->S, R = course->R;
    size_t state = (size_t)R * (size_t)layer->stride;
    void *by_sums = cuda->bf16 ? scratch->by_sums : layer->gates;
    if (!cuda->status)
        mg_cuda_try(cuda, cudaMemsetAsync(scratch->by_c, 0, state * sizeof(float),
                                          cuda->stream));
    places_back(layer, cuda, course, scratch, above, by_sums);
    mg_cuda_sum_rows(cuda, R, layer->stride, scratch->recurrent, scratch->ones,
                     scratch->initial);
    mg_cuda_sum_rows(cuda, R, layer->stride, scratch->by_c, scratch->ones,
                     scratch->initial + layer->stride);
    struct mg_cuda_matrix factors = {by_sums, G, false}, turned = {by_sums, G, true};
    if (below)
        mg_cuda_multiply(cuda, S * R, layer->h_at, G, factors,
                         (struct mg_cuda_matrix){layer->packed, layer->width, false},
                         false, below, layer->h_at);
    mg_cuda_multiply(cuda, G, layer->width, S * R, turned,
                     inputs_from(layer, cuda, R, 0, 0), false, scratch->sums,
                     layer->width);
    give_gradient(layer, cuda, scratch, gradient);
}
