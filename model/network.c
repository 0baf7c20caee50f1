// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The forward step: time axis over all notes at once, then note by note.
#include "model/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/features.h"
#include "model/lstm.h"
#include "model/product.h"
#include "model/roll.h"

// Constant weights of one layer, packed for the product.
struct layer {
    int units;
    struct mg_packed input;     // (4H, inputs)
    struct mg_packed recurrent; // (4H, H)
    const float *bias;          // (4H)
    const float *h0;            // (H)
    const float *c0;            // (H)
};

// Changing state of one layer: rows = N on the time axis, 1 on the note axis.
struct memory {
    float *h; // (rows, H)
    float *c; // (rows, H)
};

struct mg_network {
    struct mg_shape shape;
    float *weights; // a copy of the model's, for what is not packed
    struct layer time[MG_LAYERS_MAX];
    struct layer note[MG_LAYERS_MAX];
    const float *out_weight; // (2, H)
    const float *out_bias;   // (2)
    float *choice;           // (4, 4H): what each value of `below` adds to note layer 0

    struct memory time_memory[MG_LAYERS_MAX];
    struct memory note_memory[MG_LAYERS_MAX];
    float *features;   // (N, MG_FEATURES)
    float *time_gates; // (N, 4H of the widest time layer)
    float *note_input; // (N, 4H of note layer 0): bias and time axis of every note
    float *note_gates; // (4H of the widest note layer)
    int next_note;     // 0..N
};

static int
widest(int layers, const int *units)
{
    int most = 0;
    for (int l = 0; l < layers; l++)
        most = units[l] > most ? units[l] : most;
    return most;
}

static float *
floats(int rows, int cols)
{
    assert(rows > 0 && cols > 0);
    return calloc((size_t)rows * (size_t)cols, sizeof(float));
}

// Packs a layer; `inputs` of its input columns go into the product (on the note axis
// the last two, the choice below, do not).
static int
layer_init(struct layer *layer, const struct mg_lstm *lstm, const float *weights,
           int inputs)
{
    int H = lstm->units;
    layer->units = H;
    layer->bias = weights + lstm->bias;
    layer->h0 = weights + lstm->h0;
    layer->c0 = weights + lstm->c0;
    if (mg_packed_init(&layer->input, weights + lstm->weight_ih, 4 * H, lstm->inputs, 0,
                       inputs))
        return -1;
    return mg_packed_init(&layer->recurrent, weights + lstm->weight_hh, 4 * H, H, 0, H);
}

static int
memory_init(struct memory *memory, int rows, int units)
{
    memory->h = floats(rows, units);
    memory->c = floats(rows, units);
    return memory->h && memory->c ? 0 : -1;
}

static int
layers_init(struct mg_network *network, const struct mg_layout *layout)
{
    const struct mg_shape *shape = &layout->shape;
    for (int l = 0; l < shape->time_layers; l++)
        if (layer_init(&network->time[l], &layout->time[l], network->weights,
                       layout->time[l].inputs) ||
            memory_init(&network->time_memory[l], shape->notes, shape->time_units[l]))
            return -1;
    for (int l = 0; l < shape->note_layers; l++)
        if (layer_init(&network->note[l], &layout->note[l], network->weights,
                       layout->note[l].inputs - (l == 0 ? 2 : 0)) ||
            memory_init(&network->note_memory[l], 1, shape->note_units[l]))
            return -1;
    return 0;
}

// The columns of the choice below in note layer 0, summed for each value it can take.
static void
fill_choice(struct mg_network *network, const struct mg_lstm *lstm)
{
    int rows = 4 * lstm->units;
    for (int r = 0; r < rows; r++) {
        const float *w = network->weights + lstm->weight_ih +
                         (size_t)(r + 1) * (size_t)lstm->inputs - 2;
        network->choice[MG_CELL_PLAY * rows + r] = w[0];
        network->choice[(MG_CELL_PLAY | MG_CELL_ARTICULATE) * rows + r] = w[0] + w[1];
    }
}

struct mg_network *
mg_network_create(const struct mg_model *model)
{
    const struct mg_layout *layout = &model->layout;
    const struct mg_shape *shape = &layout->shape;
    struct mg_network *network = calloc(1, sizeof *network);
    if (!network)
        return NULL;
    int widest_time = widest(shape->time_layers, shape->time_units);
    int widest_note = widest(shape->note_layers, shape->note_units);
    network->shape = *shape;
    network->weights = malloc(layout->parameters * sizeof(float));
    network->choice = floats(4, 4 * shape->note_units[0]);
    network->features = floats(shape->notes, MG_FEATURES);
    network->time_gates = floats(shape->notes, 4 * widest_time);
    network->note_input = floats(shape->notes, 4 * shape->note_units[0]);
    network->note_gates = floats(1, 4 * widest_note);
    if (!network->weights || !network->choice || !network->features ||
        !network->time_gates || !network->note_input || !network->note_gates)
        goto fail;
    memcpy(network->weights, model->weights, layout->parameters * sizeof(float));
    if (layers_init(network, layout))
        goto fail;
    network->out_weight = network->weights + layout->out_weight;
    network->out_bias = network->weights + layout->out_bias;
    fill_choice(network, &layout->note[0]);
    mg_network_reset(network);
    return network;
fail:
    mg_network_destroy(network);
    return NULL;
}

static void
layer_finish(struct layer *layer, struct memory *memory)
{
    mg_packed_finish(&layer->input);
    mg_packed_finish(&layer->recurrent);
    free(memory->h);
    free(memory->c);
}

void
mg_network_destroy(struct mg_network *network)
{
    if (!network)
        return;
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        layer_finish(&network->time[l], &network->time_memory[l]);
        layer_finish(&network->note[l], &network->note_memory[l]);
    }
    free(network->note_gates);
    free(network->note_input);
    free(network->time_gates);
    free(network->features);
    free(network->choice);
    free(network->weights);
    free(network);
}

const struct mg_shape *
mg_network_shape(const struct mg_network *network)
{
    return &network->shape;
}

// Every row takes the learned initial state.
static void
memory_reset(const struct layer *layer, struct memory *memory, int rows)
{
    size_t H = (size_t)layer->units;
    for (int r = 0; r < rows; r++) {
        memcpy(memory->h + (size_t)r * H, layer->h0, H * sizeof(float));
        memcpy(memory->c + (size_t)r * H, layer->c0, H * sizeof(float));
    }
}

void
mg_network_reset(struct mg_network *network)
{
    for (int l = 0; l < network->shape.time_layers; l++)
        memory_reset(&network->time[l], &network->time_memory[l], network->shape.notes);
    network->next_note = network->shape.notes;
}

// rows copies of the bias: gates (rows, 4H).
static void
fill_bias(const struct layer *layer, int rows, float *gates)
{
    size_t width = 4 * (size_t)layer->units;
    for (int r = 0; r < rows; r++)
        memcpy(gates + (size_t)r * width, layer->bias, width * sizeof(float));
}

void
mg_network_listen(struct mg_network *network, const uint8_t *state, int beat)
{
    int N = network->shape.notes, inputs = MG_FEATURES;
    mg_features(network->shape.lowest_note, N, state, beat, network->features);

    const float *x = network->features;
    for (int l = 0; l < network->shape.time_layers; l++) {
        const struct layer *layer = &network->time[l];
        struct memory *memory = &network->time_memory[l];
        int H = layer->units;
        fill_bias(layer, N, network->time_gates);
        mg_product_add(&layer->input, N, x, inputs, network->time_gates, 4 * H);
        mg_product_add(&layer->recurrent, N, memory->h, H, network->time_gates, 4 * H);
        mg_lstm_cells(N, H, network->time_gates, memory->c, memory->c, memory->h);
        x = memory->h;
        inputs = H;
    }
    fill_bias(&network->note[0], N, network->note_input);
    mg_product_add(&network->note[0].input, N, x, inputs, network->note_input,
                   4 * network->note[0].units);

    mg_network_again(network);
}

void
mg_network_again(struct mg_network *network)
{
    for (int l = 0; l < network->shape.note_layers; l++)
        memory_reset(&network->note[l], &network->note_memory[l], 1);
    network->next_note = 0;
}

static size_t
memory_bytes(const struct mg_network *network, int layer)
{
    return (size_t)network->shape.notes * (size_t)network->time[layer].units *
           sizeof(float);
}

// Between two steps the note axis holds nothing: the time axis is all there is.
size_t
mg_network_state_bytes(const struct mg_network *network)
{
    size_t bytes = 0;
    for (int l = 0; l < network->shape.time_layers; l++)
        bytes += 2 * memory_bytes(network, l);
    return bytes;
}

void
mg_network_save(const struct mg_network *network, void *state)
{
    uint8_t *at = state;
    for (int l = 0; l < network->shape.time_layers; l++) {
        size_t bytes = memory_bytes(network, l);
        memcpy(at, network->time_memory[l].h, bytes);
        memcpy(at + bytes, network->time_memory[l].c, bytes);
        at += 2 * bytes;
    }
}

void
mg_network_restore(struct mg_network *network, const void *state)
{
    const uint8_t *at = state;
    for (int l = 0; l < network->shape.time_layers; l++) {
        size_t bytes = memory_bytes(network, l);
        memcpy(network->time_memory[l].h, at, bytes);
        memcpy(network->time_memory[l].c, at + bytes, bytes);
        at += 2 * bytes;
    }
    network->next_note = network->shape.notes;
}

// The inputs of layer 0 that were summed ahead, and what the choice below adds.
static void
fill_note_input(struct mg_network *network, uint8_t below)
{
    size_t width = 4 * (size_t)network->note[0].units;
    const float *ahead = network->note_input + (size_t)network->next_note * width;
    const float *choice =
        network->choice + (below & (MG_CELL_PLAY | MG_CELL_ARTICULATE)) * width;
    for (size_t j = 0; j < width; j++)
        network->note_gates[j] = ahead[j] + choice[j];
}

void
mg_network_next_note(struct mg_network *network, uint8_t below, float logits[2])
{
    assert(network->next_note < network->shape.notes);
    const float *x = NULL;
    int H = 0;
    for (int l = 0; l < network->shape.note_layers; l++) {
        const struct layer *layer = &network->note[l];
        struct memory *memory = &network->note_memory[l];
        if (l == 0) {
            fill_note_input(network, below);
        } else {
            fill_bias(layer, 1, network->note_gates);
            mg_product_add(&layer->input, 1, x, H, network->note_gates,
                           4 * layer->units);
        }
        H = layer->units;
        mg_product_add(&layer->recurrent, 1, memory->h, H, network->note_gates, 4 * H);
        mg_lstm_cells(1, H, network->note_gates, memory->c, memory->c, memory->h);
        x = memory->h;
    }
    for (int o = 0; o < 2; o++) {
        float sum = network->out_bias[o];
        for (int j = 0; j < H; j++)
            sum += network->out_weight[o * H + j] * x[j];
        logits[o] = sum;
    }
    network->next_note++;
}
