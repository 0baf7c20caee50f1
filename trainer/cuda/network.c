// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The layers along the two axes on the device, with the turn from (T, B, N) to (N, B, T)
// between: it is in the addresses of what the last time layer hands up.
#include "trainer/cuda/network.h"

#include <errno.h>

#include "model/below.h"
#include "model/features.h"

enum { EIGHT = 8 };

size_t
mg_cuda_batch_bytes(int B)
{
    return sizeof(struct mg_cuda_batch) + (size_t)B * sizeof(struct mg_cuda_segment);
}

static int
layers_of(struct mg_cuda_network *net, const struct mg_cuda_layer **layers)
{
    int count = 0;
    for (int l = 0; l < net->layout.shape.time_layers; l++)
        layers[count++] = &net->time[l];
    for (int l = 0; l < net->layout.shape.note_layers; l++)
        layers[count++] = &net->note[l];
    return count;
}

static const struct mg_lstm *
top_layer(const struct mg_cuda_network *net)
{
    return &net->layout.note[net->layout.shape.note_layers - 1];
}

static void
make_layers(struct mg_cuda_network *net, size_t places)
{
    const struct mg_shape *shape = &net->layout.shape;
    const struct mg_cuda_layer *layers[2 * MG_LAYERS_MAX];
    int N = shape->notes, T = net->max_steps, B = net->B;
    for (int l = 0; l < shape->time_layers; l++)
        mg_cuda_layer_init(&net->time[l], net->cuda, &net->layout.time[l], (uint32_t)l,
                           T, B * N);
    for (int l = 0; l < shape->note_layers; l++)
        mg_cuda_layer_init(&net->note[l], net->cuda, &net->layout.note[l],
                           (uint32_t)(MG_LAYERS_MAX + l), N, B * T);
    int count = layers_of(net, layers);
    mg_cuda_scratch_init(&net->scratch, net->cuda, layers, count, B * (N > T ? N : T),
                         places);
}

// The widest rows of a loss that goes down from layer to layer.
static size_t
widest_row(struct mg_cuda_network *net)
{
    const struct mg_cuda_layer *layers[2 * MG_LAYERS_MAX];
    int count = layers_of(net, layers), widest = net->top_width;
    for (int l = 1; l < count; l++)
        widest = layers[l]->h_at > widest ? layers[l]->h_at : widest;
    return (size_t)widest;
}

static void
make_output(struct mg_cuda_network *net, size_t places)
{
    struct mg_cuda *cuda = net->cuda;
    int H = top_layer(net)->units;
    net->top_width = (H + 1 + EIGHT - 1) / EIGHT * EIGHT;
    net->top = mg_cuda_zeros(cuda, places * (size_t)net->top_width, sizeof(float));
    MG_CUDA_LAUNCH(cuda, ones, places, .x = net->top + H,
                   .width = (uint32_t)net->top_width);
    net->by_logits = mg_cuda_zeros(cuda, 2 * places, sizeof(float));
    net->losses = mg_cuda_zeros(cuda, 2 * places, sizeof(double));
    net->step_losses =
        mg_cuda_zeros(cuda, 2 * (size_t)(net->B * net->max_steps), sizeof(double));
    net->segment_losses = mg_cuda_zeros(cuda, 2 * (size_t)net->B, sizeof(double));
}

// Of a row at a place.
static size_t
most_values(const struct mg_layout *layout)
{
    int most = layout->time[0].inputs;
    for (int l = 0; l < layout->shape.time_layers; l++)
        most = layout->time[l].units > most ? layout->time[l].units : most;
    for (int l = 0; l < layout->shape.note_layers; l++)
        most = layout->note[l].units > most ? layout->note[l].units : most;
    return (size_t)most;
}

int
mg_cuda_network_init(struct mg_cuda_network *net, struct mg_cuda *cuda,
                     const struct mg_layout *layout, int B, int T, const float *weights,
                     float *gradient, GError **error)
{
    int N = layout->shape.notes;
    size_t places = (size_t)T * (size_t)B * (size_t)N;
    *net = (struct mg_cuda_network){
        .cuda = cuda,
        .layout = *layout,
        .B = B,
        .max_steps = T,
        .weights = weights,
        .gradient = gradient,
    };
    // What kernels count, in 32 bits.
    if (places > INT32_MAX / most_values(layout)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "cuda: %d segments of %d steps are too many: try a smaller --batch "
                    "or a shorter --segment",
                    B, T);
        return -EINVAL;
    }
    make_layers(net, places);
    make_output(net, places);
    net->batch = mg_cuda_zeros(cuda, 1, mg_cuda_batch_bytes(B));
    net->cells = mg_cuda_zeros(cuda, places + (size_t)(B * N), sizeof *net->cells);
    for (int i = 0; i < 2; i++)
        net->between[i] = mg_cuda_zeros(cuda, places * widest_row(net), sizeof(float));
    mg_cuda_wait(cuda);
    return mg_cuda_report(cuda, error);
}

void
mg_cuda_network_finish(struct mg_cuda_network *net)
{
    for (int i = 0; i < 2; i++)
        cudaFree(net->between[i]);
    cudaFree(net->cells);
    cudaFree(net->batch);
    cudaFree(net->segment_losses);
    cudaFree(net->step_losses);
    cudaFree(net->losses);
    cudaFree(net->by_logits);
    cudaFree(net->top);
    mg_cuda_scratch_finish(&net->scratch);
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        mg_cuda_layer_finish(&net->note[l]);
        mg_cuda_layer_finish(&net->time[l]);
    }
    *net = (struct mg_cuda_network){0};
}

static struct mg_cuda_course
time_course(const struct mg_cuda_network *net, int T)
{
    int N = net->layout.shape.notes;
    return (struct mg_cuda_course){net->batch, T, net->B * N, N, true};
}

static struct mg_cuda_course
note_course(const struct mg_cuda_network *net, int T)
{
    return (struct mg_cuda_course){net->batch, net->layout.shape.notes, net->B * T, T,
                                   false};
}

// Rows in the order of the layer itself, and of a time layer in that of the note axis.
static struct mg_cuda_rows
straight(void *values, int width, int R)
{
    return (struct mg_cuda_rows){
        .values = values,
        .width = (uint32_t)width,
        .inner = (uint32_t)R,
        .place = (uint32_t)R,
        .row = 1,
    };
}

static struct mg_cuda_rows
turned(const struct mg_cuda_network *net, void *values, int width, int T)
{
    return (struct mg_cuda_rows){
        .values = values,
        .width = (uint32_t)width,
        .inner = (uint32_t)net->layout.shape.notes,
        .place = 1,
        .segment = (uint32_t)T,
        .row = (uint32_t)(net->B * T),
    };
}

static void
take_batch(struct mg_cuda_network *net, int T)
{
    struct mg_cuda *cuda = net->cuda;
    const struct mg_shape *shape = &net->layout.shape;
    uint32_t B = (uint32_t)net->B, N = (uint32_t)shape->notes, steps = (uint32_t)T;
    struct mg_cuda_layer *heard = &net->time[0], *chosen = &net->note[0];
    MG_CUDA_LAUNCH(cuda, fetch, (steps + 1) * B * N, .batch = net->batch,
                   .cells = net->cells, .B = B, .N = N);
    uint32_t F = (uint32_t)heard->lstm->inputs;
    MG_CUDA_LAUNCH(cuda, feel, steps * B * N * F, .batch = net->batch,
                   .cells = net->cells, .x = heard->inputs, .B = B, .N = N, .F = F,
                   .width = (uint32_t)heard->width, .lowest_note = shape->lowest_note,
                   .bf16 = cuda->bf16);
    uint32_t below = (uint32_t)mg_below_count(shape->feature_set);
    size_t column = (size_t)chosen->lstm->inputs - below;
    MG_CUDA_LAUNCH(cuda, choose, below * steps * B * N, .cells = net->cells,
                   .x = mg_cuda_factor_at(cuda, chosen->inputs, column), .B = B, .N = N,
                   .T = steps, .count = below, .width = (uint32_t)chosen->width,
                   .bf16 = cuda->bf16);
}

static void
run_times(struct mg_cuda_network *net, int T)
{
    struct mg_cuda_course course = time_course(net, T);
    int last = net->layout.shape.time_layers - 1;
    for (int l = 0; l <= last; l++) {
        struct mg_cuda_layer *above = l < last ? &net->time[l + 1] : &net->note[0];
        mg_cuda_layer_forward(&net->time[l], net->cuda, &course, net->weights,
                              l < last ? straight(above->inputs, above->width, course.R)
                                       : turned(net, above->inputs, above->width, T),
                              net->cuda->bf16);
    }
}

static void
run_notes(struct mg_cuda_network *net, int T)
{
    struct mg_cuda_course course = note_course(net, T);
    int last = net->layout.shape.note_layers - 1;
    for (int l = 0; l <= last; l++) {
        struct mg_cuda_layer *above = &net->note[l + 1];
        mg_cuda_layer_forward(&net->note[l], net->cuda, &course, net->weights,
                              l < last ? straight(above->inputs, above->width, course.R)
                                       : straight(net->top, net->top_width, course.R),
                              l < last && net->cuda->bf16);
    }
}

// The losses of each note, then their sums over notes, then over steps.
static void
answer(struct mg_cuda_network *net, int T)
{
    struct mg_cuda *cuda = net->cuda;
    uint32_t B = (uint32_t)net->B, N = (uint32_t)net->layout.shape.notes;
    uint32_t steps = (uint32_t)T, row = 2 * B * steps;
    MG_CUDA_LAUNCH(cuda, answer, steps * B * N, .batch = net->batch,
                   .cells = net->cells, .top = net->top,
                   .weight = net->weights + net->layout.out_weight,
                   .bias = net->weights + net->layout.out_bias,
                   .by_logits = net->by_logits, .losses = net->losses, .B = B, .N = N,
                   .T = steps, .H = (uint32_t)top_layer(net)->units,
                   .width = (uint32_t)net->top_width);
    MG_CUDA_LAUNCH(cuda, fold, row, .x = net->losses, .out = net->step_losses,
                   .count = N, .stride = row, .inner = row);
    MG_CUDA_LAUNCH(cuda, fold, 2 * B, .x = net->step_losses, .out = net->segment_losses,
                   .count = steps, .stride = 2, .inner = 2, .outer = 2 * steps);
}

void
mg_cuda_network_forward(struct mg_cuda_network *net, int T)
{
    const struct mg_shape *shape = &net->layout.shape;
    for (int l = 0; l < shape->time_layers; l++)
        mg_cuda_layer_pack(&net->time[l], net->cuda, net->weights);
    for (int l = 0; l < shape->note_layers; l++)
        mg_cuda_layer_pack(&net->note[l], net->cuda, net->weights);
    take_batch(net, T);
    run_times(net, T);
    run_notes(net, T);
    answer(net, T);
}

int
mg_cuda_network_parts(const struct mg_cuda_network *net)
{
    return 1 + net->layout.shape.note_layers + net->layout.shape.time_layers;
}

// The layer whose gradient a part is; NULL: the output.
static const struct mg_lstm *
layer_of(const struct mg_cuda_network *net, int part)
{
    int note_layers = net->layout.shape.note_layers;
    if (part == 0)
        return NULL;
    if (part <= note_layers)
        return &net->layout.note[note_layers - part];
    return &net->layout.time[mg_cuda_network_parts(net) - 1 - part];
}

void
mg_cuda_network_part(const struct mg_cuda_network *net, int part, size_t *offset,
                     size_t *count)
{
    const struct mg_lstm *lstm = layer_of(net, part);
    *offset = lstm ? lstm->weight_ih : net->layout.out_weight;
    *count = lstm ? lstm->c0 + (size_t)lstm->units - *offset
                  : net->layout.out_bias + 2 - *offset;
}

static void
answer_back(struct mg_cuda_network *net, int T)
{
    struct mg_cuda *cuda = net->cuda;
    int places = T * net->B * net->layout.shape.notes, H = top_layer(net)->units;
    struct mg_cuda_matrix by_logits = {net->by_logits, 2, true};
    struct mg_cuda_matrix top = {net->top, net->top_width, false};
    mg_cuda_multiply_exactly(cuda, 2, net->top_width, places, by_logits, top,
                             net->scratch.sums, net->top_width);
    MG_CUDA_LAUNCH(cuda, unpack_answer, 2 * (H + 1), .sums = net->scratch.sums,
                   .gradient = net->gradient + net->layout.out_weight, .H = (uint32_t)H,
                   .width = (uint32_t)net->top_width);
    MG_CUDA_LAUNCH(cuda, answer_down, places * H, .by_logits = net->by_logits,
                   .weight = net->weights + net->layout.out_weight,
                   .by_top = net->between[0], .H = (uint32_t)H,
                   .width = (uint32_t)net->top_width);
}

// Each part reads what the part before it wrote between the layers.
void
mg_cuda_network_backward(struct mg_cuda_network *net, int T, int part)
{
    int note_layers = net->layout.shape.note_layers;
    int time_layers = net->layout.shape.time_layers;
    float *from = net->between[(part + 1) % 2], *to = net->between[part % 2];
    if (part == 0) {
        answer_back(net, T);
        return;
    }
    bool on_notes = part <= note_layers;
    int l = on_notes ? note_layers - part : note_layers + time_layers - part;
    struct mg_cuda_course course = on_notes ? note_course(net, T) : time_course(net, T);
    struct mg_cuda_rows above;
    if (part == 1)
        above = straight(from, net->top_width, course.R);
    else if (on_notes)
        above = straight(from, net->note[l + 1].h_at, course.R);
    else if (l == time_layers - 1)
        above = turned(net, from, net->note[0].h_at, T);
    else
        above = straight(from, net->time[l + 1].h_at, course.R);
    mg_cuda_layer_backward(on_notes ? &net->note[l] : &net->time[l], net->cuda, &course,
                           &net->scratch, above, on_notes || l > 0 ? to : NULL,
                           net->gradient);
}
