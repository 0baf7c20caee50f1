// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The forward step: time axis over all notes at once, then note by note.
#include "model/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/chord.h"
#include "model/hearing.h"
#include "model/layer.h"
#include "model/output.h"
#include "model/recall.h"
#include "model/roll.h"
#include "model/zeros.h"

struct mg_network {
    struct mg_shape shape;
    struct mg_network_pair pair;

    struct mg_hearing hearing; // what time layer 0 gets of the features
    struct mg_layer time[MG_LAYERS_MAX];
    struct mg_product ahead; // what note layer 0 gets of the time axis
    struct mg_layer note[MG_LAYERS_MAX];
    struct mg_output output;
    struct mg_chord chord; // what it gets of the notes chosen below

    float *note_start; // (N, width of note layer 0): bias and time axis of every note
    float *note_sums;  // (width of note layer 0)
    int next_note;     // 0..N

    struct mg_recall *recall; // of the feature set that has it, else NULL
    const uint16_t *heard;    // (N) and
    int beat;                 // of the step that is listened to
};

static int
time_axis_init(struct mg_network *network, const struct mg_model *model,
               const struct mg_kernel *kernel)
{
    const struct mg_layout *layout = &model->layout;
    int N = layout->shape.notes;
    for (int l = 0; l < layout->shape.time_layers; l++) {
        const struct mg_lstm *lstm = &layout->time[l];
        if (mg_layer_init(&network->time[l], kernel, model->weights, lstm,
                          l == 0 ? 0 : lstm->inputs, N))
            return -1;
    }
    const struct mg_panels *panels = &network->time[0].product.panels;
    return mg_hearing_init(&network->hearing, &model->layout, model->weights, panels);
}

static int
note_axis_init(struct mg_network *network, const struct mg_model *model,
               const struct mg_kernel *kernel)
{
    const struct mg_layout *layout = &model->layout;
    for (int l = 0; l < layout->shape.note_layers; l++) {
        const struct mg_lstm *lstm = &layout->note[l];
        if (mg_layer_init(&network->note[l], kernel, model->weights, lstm,
                          l == 0 ? 0 : lstm->inputs, 1))
            return -1;
    }
    const struct mg_lstm *first = &layout->note[0];
    struct mg_gate_weights heard = {model->weights + first->weight_ih, first->inputs,
                                    layout->time[layout->shape.time_layers - 1].units};
    struct mg_gate_weights none = {0};
    if (mg_product_init(&network->ahead, kernel, layout->shape.notes, first->units,
                        &heard, &none))
        return -1;
    size_t width = (size_t)network->ahead.panels.width;
    network->note_start = mg_zeros((size_t)layout->shape.notes, width);
    network->note_sums = mg_zeros(1, width);
    if (!network->note_start || !network->note_sums ||
        mg_chord_init(&network->chord, layout, model->weights,
                      &network->note[0].product.panels))
        return -1;
    return mg_output_init(&network->output, model);
}

struct mg_network *
mg_network_create_with(const struct mg_model *model,
                       const struct mg_network_config *config)
{
    struct mg_network *network = calloc(1, sizeof *network);
    if (!network)
        return NULL;
    enum mg_precision precision = config->precision;
    if (precision == MG_PRECISION_AUTO)
        precision = model->precision;
    const struct mg_kernel *kernel =
        config->kernel ? config->kernel : mg_kernel_pick(precision);
    network->shape = model->layout.shape;
    network->pair = config->pair;
    if (time_axis_init(network, model, kernel) ||
        note_axis_init(network, model, kernel)) {
        mg_network_destroy(network);
        return NULL;
    }
    if (network->shape.feature_set == MG_FEATURE_SET_FULL) {
        network->recall = calloc(1, sizeof *network->recall);
        if (!network->recall) {
            mg_network_destroy(network);
            return NULL;
        }
    }
    mg_network_reset(network);
    return network;
}

struct mg_network *
mg_network_create(const struct mg_model *model)
{
    return mg_network_create_with(model, &(struct mg_network_config){
                                             .precision = MG_PRECISION_FP32});
}

void
mg_network_destroy(struct mg_network *network)
{
    if (!network)
        return;
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        mg_layer_finish(&network->time[l]);
        mg_layer_finish(&network->note[l]);
    }
    mg_hearing_finish(&network->hearing);
    mg_product_finish(&network->ahead);
    mg_chord_finish(&network->chord);
    mg_output_finish(&network->output);
    free(network->recall);
    free(network->note_sums);
    free(network->note_start);
    free(network);
}

const struct mg_shape *
mg_network_shape(const struct mg_network *network)
{
    return &network->shape;
}

void
mg_network_reset(struct mg_network *network)
{
    for (int l = 0; l < network->shape.time_layers; l++)
        mg_layer_reset(&network->time[l]);
    if (network->recall)
        *network->recall = (struct mg_recall){0};
    network->next_note = network->shape.notes;
}

// The time axis of the notes first .. end - 1, and what the note axis can be given
// ahead: no note needs another one's.
static void
advance_notes(struct mg_network *network, int first, int end)
{
    struct mg_layer *bottom = &network->time[0];
    mg_hearing_listen(&network->hearing, network->heard, first, end);
    mg_layer_take(bottom, first, end, NULL);
    for (int p = 0; p < bottom->product.panels.count; p++)
        for (int n = first, notes; n < end; n += notes) {
            _Alignas(64) float heard[MG_BLOCK_ROWS * MG_PANEL_COLUMNS];
            notes = mg_product_block_rows(n, end);
            mg_hearing_sums(&network->hearing, bottom->product.kernel, network->beat, p,
                            n, n + notes, heard);
            mg_layer_step_panel(bottom, p, n, n + notes, heard, MG_PANEL_COLUMNS);
        }
    int last = network->shape.time_layers - 1;
    for (int l = 1; l <= last; l++)
        mg_layer_step(&network->time[l], first, end, &network->time[l - 1]);
    const struct mg_layer *top = &network->time[last];
    for (int n = first; n < end; n++)
        mg_product_take(&network->ahead, n, 0, top->units,
                        top->h + (size_t)n * top->stride);
    mg_product_run(&network->ahead, first, end, network->note[0].bias,
                   network->note_start);
}

static void
advance_half(void *context, int half)
{
    struct mg_network *network = context;
    int N = network->shape.notes, middle = (N + 1) / 2;
    advance_notes(network, half ? middle : 0, half ? N : middle);
}

void
mg_network_listen(struct mg_network *network, const uint8_t *state, int beat)
{
    uint16_t heard[MG_NOTES_MAX];
    network->heard = heard;
    network->beat = beat;
    if (network->recall)
        mg_recall_listen(network->recall, network->shape.notes, state, heard);
    else
        for (int n = 0; n < network->shape.notes; n++)
            heard[n] = state[n];
    if (network->pair.run)
        network->pair.run(network->pair.self, advance_half, network);
    else
        advance_notes(network, 0, network->shape.notes);
    network->heard = NULL;
    mg_network_again(network);
}

void
mg_network_again(struct mg_network *network)
{
    for (int l = 0; l < network->shape.note_layers; l++)
        mg_layer_reset(&network->note[l]);
    mg_chord_begin(&network->chord);
    network->next_note = 0;
}

void
mg_network_next_note(struct mg_network *network, uint8_t below, float logits[2])
{
    int n = network->next_note;
    assert(n < network->shape.notes);
    if (n > 0)
        mg_chord_add(&network->chord, n - 1, below);
    mg_chord_sums(&network->chord, n, network->note_start + n * network->chord.width,
                  network->note_sums);
    mg_layer_step_row(&network->note[0], NULL, network->note_sums);
    int last = network->shape.note_layers - 1;
    for (int l = 1; l <= last; l++)
        mg_layer_step_row(&network->note[l], &network->note[l - 1],
                          network->note[l].bias);
    mg_output_logits(&network->output, network->note[last].h, logits);
    network->next_note++;
}

int
mg_network_repeating(const struct mg_network *network, int *distance)
{
    const struct mg_recall *recall = network->recall;
    *distance = recall ? recall->distance : 0;
    return recall ? recall->repeating : 0;
}

void
mg_network_lose_thread(struct mg_network *network)
{
    if (network->recall)
        mg_recall_lose_thread(network->recall);
}

// Between two steps the note axis holds nothing: the time axis is all there is.
size_t
mg_network_state_bytes(const struct mg_network *network)
{
    size_t bytes = network->recall ? sizeof *network->recall : 0;
    for (int l = 0; l < network->shape.time_layers; l++)
        bytes += mg_layer_state_bytes(&network->time[l]);
    return bytes;
}

void
mg_network_save(const struct mg_network *network, void *state)
{
    uint8_t *at = state;
    for (int l = 0; l < network->shape.time_layers; l++) {
        mg_layer_save(&network->time[l], at);
        at += mg_layer_state_bytes(&network->time[l]);
    }
    if (network->recall)
        memcpy(at, network->recall, sizeof *network->recall);
}

void
mg_network_restore(struct mg_network *network, const void *state)
{
    const uint8_t *at = state;
    for (int l = 0; l < network->shape.time_layers; l++) {
        mg_layer_restore(&network->time[l], at);
        at += mg_layer_state_bytes(&network->time[l]);
    }
    if (network->recall)
        memcpy(network->recall, at, sizeof *network->recall);
    network->next_note = network->shape.notes;
}
