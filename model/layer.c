// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A layer's step: take the inputs, then panel by panel sums and cells.
#include "model/layer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/zeros.h"

int
mg_layer_init(struct mg_layer *layer, const struct mg_kernel *kernel,
              const float *weights, const struct mg_lstm *lstm, int inputs, int rows)
{
    int H = lstm->units;
    *layer = (struct mg_layer){.inputs = inputs, .units = H, .rows = rows};
    struct mg_gate_weights input = {weights + lstm->weight_ih, lstm->inputs, inputs};
    struct mg_gate_weights recurrent = {weights + lstm->weight_hh, H, H};
    if (mg_product_init(&layer->product, kernel, rows, H, &input, &recurrent))
        return -ENOMEM;
    const struct mg_panels *panels = &layer->product.panels;
    layer->stride = (size_t)panels->count * MG_PANEL_UNITS;
    layer->bias = mg_zeros(1, (size_t)panels->width);
    layer->sums = mg_zeros((size_t)panels->count, MG_PANEL_COLUMNS);
    layer->initial = mg_zeros(2, layer->stride);
    layer->h = mg_zeros((size_t)rows, layer->stride);
    layer->c = mg_zeros((size_t)rows, layer->stride);
    if (!layer->bias || !layer->sums || !layer->initial || !layer->h || !layer->c)
        return -ENOMEM;
    mg_panels_arrange(panels, weights + lstm->bias, 1, layer->bias);
    memcpy(layer->initial, weights + lstm->h0, (size_t)H * sizeof(float));
    memcpy(layer->initial + layer->stride, weights + lstm->c0,
           (size_t)H * sizeof(float));
    mg_layer_reset(layer);
    return 0;
}

void
mg_layer_finish(struct mg_layer *layer)
{
    free(layer->c);
    free(layer->h);
    free(layer->initial);
    free(layer->sums);
    free(layer->bias);
    mg_product_finish(&layer->product);
    *layer = (struct mg_layer){0};
}

void
mg_layer_reset(struct mg_layer *layer)
{
    size_t bytes = layer->stride * sizeof(float);
    for (int r = 0; r < layer->rows; r++) {
        memcpy(layer->h + (size_t)r * layer->stride, layer->initial, bytes);
        memcpy(layer->c + (size_t)r * layer->stride, layer->initial + layer->stride,
               bytes);
    }
}

// The inputs are copied, so that h can be changed while panels are left to be
// multiplied.
void
mg_layer_take(const struct mg_layer *layer, int first, int end,
              const struct mg_layer *below)
{
    for (int r = first; r < end; r++) {
        if (below)
            mg_product_take(&layer->product, r, 0, layer->inputs,
                            below->h + (size_t)r * below->stride);
        mg_product_take(&layer->product, r, layer->inputs, layer->units,
                        layer->h + (size_t)r * layer->stride);
    }
}

void
mg_layer_step_panel(struct mg_layer *layer, int p, int first, int end,
                    const float *start, size_t start_stride)
{
    const struct mg_product *product = &layer->product;
    int units = mg_panels_units(&product->panels, p);
    _Alignas(64) float sums[MG_BLOCK_ROWS * MG_PANEL_COLUMNS] = {0};
    for (int row = first, rows; row < end; row += rows) {
        size_t at = (size_t)row * layer->stride + (size_t)(p * MG_PANEL_UNITS);
        rows = mg_product_block_rows(row, end);
        mg_product_block(product, p, row, rows, start, start_stride, sums);
        start += (size_t)rows * start_stride;
        product->kernel->cells(rows, units, units, sums, layer->c + at, layer->h + at,
                               layer->stride);
    }
}

void
mg_layer_step(struct mg_layer *layer, int first, int end, const struct mg_layer *below)
{
    mg_layer_take(layer, first, end, below);
    for (int p = 0; p < layer->product.panels.count; p++)
        mg_layer_step_panel(layer, p, first, end, layer->bias + p * MG_PANEL_COLUMNS,
                            0);
}

void
mg_layer_step_row(struct mg_layer *layer, const struct mg_layer *below,
                  const float *start)
{
    const struct mg_panels *panels = &layer->product.panels;
    mg_layer_take(layer, 0, 1, below);
    mg_product_row(&layer->product, 0, start, layer->sums);
    layer->product.kernel->cells(panels->count, MG_PANEL_UNITS,
                                 mg_panels_units(panels, panels->count - 1),
                                 layer->sums, layer->c, layer->h, MG_PANEL_UNITS);
}

static size_t
half_state_bytes(const struct mg_layer *layer)
{
    return (size_t)layer->rows * layer->stride * sizeof(float);
}

size_t
mg_layer_state_bytes(const struct mg_layer *layer)
{
    return 2 * half_state_bytes(layer);
}

void
mg_layer_save(const struct mg_layer *layer, void *state)
{
    size_t half = half_state_bytes(layer);
    memcpy(state, layer->h, half);
    memcpy((uint8_t *)state + half, layer->c, half);
}

void
mg_layer_restore(struct mg_layer *layer, const void *state)
{
    size_t half = half_state_bytes(layer);
    memcpy(layer->h, state, half);
    memcpy(layer->c, (const uint8_t *)state + half, half);
}
