// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Packing for both ways; each layer is a job of its own.
#include "trainer/packed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/zeros.h"
#include "trainer/team.h"

enum { VECTOR = 16 };

// What the layer multiplies, of an array of weights.
static struct mg_gate_weights
input_weights(const struct mg_packed_layer *layer, const float *weights)
{
    int inputs = layer->lstm->inputs;
    return (struct mg_gate_weights){weights + layer->lstm->weight_ih, inputs,
                                    layer->heard ? 0 : inputs};
}

static struct mg_gate_weights
recurrent_weights(const struct mg_packed_layer *layer, const float *weights)
{
    int H = layer->lstm->units;
    return (struct mg_gate_weights){weights + layer->lstm->weight_hh, H, H};
}

static int
layer_init(struct mg_packed_layer *layer, const struct mg_kernel *kernel,
           const struct mg_lstm *lstm, bool heard, const float *weights)
{
    layer->lstm = lstm;
    layer->heard = heard;
    struct mg_gate_weights x = input_weights(layer, weights);
    struct mg_gate_weights h = recurrent_weights(layer, weights);
    if (mg_panels_init(&layer->panels, lstm->units, mg_kernel_words(kernel),
                       kernel->stripe, &x, &h))
        return -ENOMEM;
    size_t G = (size_t)layer->panels.width;
    layer->back_columns = (x.inputs + h.inputs + VECTOR - 1) / VECTOR * VECTOR;
    size_t columns = (size_t)layer->back_columns;
    layer->back = mg_zeros(G, columns);
    layer->bias = mg_zeros(1, G);
    layer->scratch = mg_zeros(2, G > columns ? G : columns);
    return layer->back && layer->bias && layer->scratch ? 0 : -ENOMEM;
}

static void
layer_finish(struct mg_packed_layer *layer)
{
    mg_panels_finish(&layer->panels);
    free(layer->back);
    free(layer->bias);
    free(layer->scratch);
}

struct mg_packed *
mg_packed_create(const struct mg_layout *layout, const struct mg_kernel *kernel)
{
    struct mg_packed *packed = calloc(1, sizeof *packed);
    float *zeros = mg_zeros(layout->parameters, 1); // to begin with
    int status = packed && zeros ? 0 : -ENOMEM;
    if (!status) {
        packed->kernel = kernel;
        packed->layout = layout;
    }
    for (int l = 0; !status && l < layout->shape.time_layers; l++)
        status = layer_init(&packed->time[l], kernel, &layout->time[l], l == 0, zeros);
    for (int l = 0; !status && l < layout->shape.note_layers; l++)
        status = layer_init(&packed->note[l], kernel, &layout->note[l], false, zeros);
    if (!status)
        status =
            mg_hearing_init(&packed->hearing, layout, zeros, &packed->time[0].panels);
    free(zeros);
    if (!status)
        return packed;
    mg_packed_destroy(packed);
    return NULL;
}

void
mg_packed_destroy(struct mg_packed *packed)
{
    if (!packed)
        return;
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        layer_finish(&packed->time[l]);
        layer_finish(&packed->note[l]);
    }
    mg_hearing_finish(&packed->hearing);
    free(packed);
}

// Which row of (4H, inputs) a column of the panels is, or -1.
static int
gate_of_column(const struct mg_panels *panels, int column)
{
    int p = column / MG_PANEL_COLUMNS, units = mg_panels_units(panels, p);
    int gate = column % MG_PANEL_COLUMNS / units;
    int unit = p * MG_PANEL_UNITS + column % MG_PANEL_COLUMNS % units;
    return gate < MG_GATES ? gate * panels->units + unit : -1;
}

// The weights of x and h of one column of sums.
static void
back_line(const struct mg_packed_layer *layer, const float *weights, int column,
          float *line)
{
    struct mg_gate_weights x = input_weights(layer, weights);
    struct mg_gate_weights h = recurrent_weights(layer, weights);
    int gate = gate_of_column(&layer->panels, column);
    memset(line, 0, (size_t)layer->back_columns * sizeof *line);
    if (gate < 0)
        return;
    memcpy(line, x.values + (size_t)gate * (size_t)x.stride,
           (size_t)x.inputs * sizeof *line);
    memcpy(line + x.inputs, h.values + (size_t)gate * (size_t)h.stride,
           (size_t)h.inputs * sizeof *line);
}

static void
pack_back(struct mg_packed_layer *layer, const float *weights)
{
    const struct mg_panels *panels = &layer->panels;
    bool pairs = panels->words == MG_PANEL_PAIRS;
    int columns = layer->back_columns, step = pairs ? 2 : 1;
    float *line = layer->scratch, *next = pairs ? line + columns : NULL;
    for (int g = 0; g < panels->width; g += step) {
        back_line(layer, weights, g, line);
        if (next)
            back_line(layer, weights, g + 1, next);
        mg_panels_put_line(layer->back, panels->width / step, columns, panels->stripe,
                           g / step, line, next);
    }
}

static void
take_layer(void *context, int thread, int job)
{
    (void)thread;
    struct mg_packed *packed = context;
    int time_layers = packed->layout->shape.time_layers;
    struct mg_packed_layer *layer =
        job < time_layers ? &packed->time[job] : &packed->note[job - time_layers];
    const float *weights = packed->weights;
    struct mg_gate_weights x = input_weights(layer, weights);
    struct mg_gate_weights h = recurrent_weights(layer, weights);
    mg_panels_pack(&layer->panels, &x, &h, layer->scratch);
    mg_panels_arrange(&layer->panels, weights + layer->lstm->bias, 1, layer->bias);
    pack_back(layer, weights);
    if (layer->heard)
        mg_hearing_take(&packed->hearing, packed->layout, weights, &layer->panels,
                        layer->scratch);
}

void
mg_packed_take(struct mg_packed *packed, const float *weights, int threads)
{
    const struct mg_shape *shape = &packed->layout->shape;
    packed->weights = weights;
    mg_team_run(threads, shape->time_layers + shape->note_layers, take_layer, packed);
}
