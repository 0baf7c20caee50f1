// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network as its layers along the two axes, with the turn from (T, N) to (N, T)
// between.
#include "trainer/backprop.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/activation.h"
#include "model/features.h"
#include "model/random.h"
#include "trainer/sequence.h"

// A layer, the mask on what it hands up, and the masked copy.
struct stage {
    const struct mg_lstm *lstm;
    struct mg_sequence sequence;
    float *mask;   // (R, H): 0 or 1 / (1 - rate)
    float *masked; // (S, R, H)
};

struct mg_workspace {
    struct mg_layout layout;
    int max_steps;
    int T; // of the last forward pass
    bool dropped;
    struct stage time[MG_LAYERS_MAX]; // S = T, R = N
    struct stage note[MG_LAYERS_MAX]; // S = N, R = T
    uint8_t *cells;    // (T + 1, N): the segment with the state before it
    float *features;   // (T, N, MG_FEATURES)
    float *note_input; // (N, T, time units + 2)
    float *logits;     // (N, T, 2)
    float *by_logits;  // (N, T, 2): the loss by them
    float *upper;      // (T * N * widest): the loss by what goes up
    float *lower;      // the same, one layer down
    float *scratch;    // (max(N, T), widest)
};

static float *
floats(size_t a, size_t b, size_t c)
{
    return malloc(a * b * c * sizeof(float));
}

static int
stage_init(struct stage *stage, const struct mg_lstm *lstm, int S, int R)
{
    stage->lstm = lstm;
    stage->mask = floats((size_t)R, (size_t)lstm->units, 1);
    stage->masked = floats((size_t)S, (size_t)R, (size_t)lstm->units);
    if (!stage->mask || !stage->masked)
        return -1;
    return mg_sequence_init(&stage->sequence, lstm, S, R);
}

static void
stage_finish(struct stage *stage)
{
    mg_sequence_finish(&stage->sequence);
    free(stage->mask);
    free(stage->masked);
}

// The widest row that is handed between layers, in values.
static size_t
widest_row(const struct mg_layout *layout)
{
    int most = layout->note[0].inputs;
    for (int l = 0; l < layout->shape.time_layers; l++)
        most = layout->time[l].units > most ? layout->time[l].units : most;
    for (int l = 0; l < layout->shape.note_layers; l++)
        most = layout->note[l].units > most ? layout->note[l].units : most;
    return (size_t)most;
}

static int
stages_init(struct mg_workspace *w)
{
    const struct mg_shape *shape = &w->layout.shape;
    for (int l = 0; l < shape->time_layers; l++)
        if (stage_init(&w->time[l], &w->layout.time[l], w->max_steps, shape->notes))
            return -1;
    for (int l = 0; l < shape->note_layers; l++)
        if (stage_init(&w->note[l], &w->layout.note[l], shape->notes, w->max_steps))
            return -1;
    return 0;
}

struct mg_workspace *
mg_workspace_create(const struct mg_layout *layout, int max_steps)
{
    struct mg_workspace *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->layout = *layout;
    w->max_steps = max_steps;
    size_t T = (size_t)max_steps, N = (size_t)layout->shape.notes;
    size_t widest = widest_row(layout);
    w->cells = malloc((T + 1) * N);
    w->features = floats(T, N, MG_FEATURES);
    w->note_input = floats(N, T, (size_t)layout->note[0].inputs);
    w->logits = floats(N, T, 2);
    w->by_logits = floats(N, T, 2);
    w->upper = floats(T, N, widest);
    w->lower = floats(T, N, widest);
    w->scratch = floats(T > N ? T : N, widest, 1);
    if (!w->cells || !w->features || !w->note_input || !w->logits || !w->by_logits ||
        !w->upper || !w->lower || !w->scratch || stages_init(w)) {
        mg_workspace_destroy(w);
        return NULL;
    }
    return w;
}

void
mg_workspace_destroy(struct mg_workspace *w)
{
    if (!w)
        return;
    for (int l = 0; l < MG_LAYERS_MAX; l++) {
        stage_finish(&w->time[l]);
        stage_finish(&w->note[l]);
    }
    free(w->scratch);
    free(w->lower);
    free(w->upper);
    free(w->by_logits);
    free(w->logits);
    free(w->note_input);
    free(w->features);
    free(w->cells);
    free(w);
}

// Row 0 is the state before the segment, empty at the start of the piece.
static void
copy_cells(struct mg_workspace *w, const struct mg_segment *segment)
{
    const struct mg_shape *shape = &w->layout.shape;
    const struct mg_roll *roll = segment->roll;
    size_t N = (size_t)shape->notes;
    int shift = shape->lowest_note - segment->transpose - roll->lowest_note;
    memset(w->cells, 0, (size_t)(segment->steps + 1) * N);
    for (int t = 0; t <= segment->steps; t++) {
        if (segment->start + t == 0)
            continue;
        const uint8_t *row = mg_roll_row(roll, segment->start + t - 1);
        for (int i = 0; i < shape->notes; i++)
            if (i + shift >= 0 && i + shift < roll->notes)
                w->cells[(size_t)t * N + (size_t)i] = row[i + shift];
    }
}

static void
fill_features(struct mg_workspace *w, const struct mg_segment *segment)
{
    const struct mg_shape *shape = &w->layout.shape;
    size_t N = (size_t)shape->notes;
    for (int t = 0; t < segment->steps; t++)
        mg_features(shape->lowest_note, shape->notes, w->cells + (size_t)t * N,
                    mg_beat_of((int64_t)segment->start + t - 1),
                    w->features + (size_t)t * N * MG_FEATURES);
}

// Variational dropout: one mask for the whole sequence of a row.
static void
draw_mask(struct stage *stage, int R, const struct mg_dropout *dropout, uint32_t place)
{
    size_t count = (size_t)R * (size_t)stage->lstm->units;
    float kept = 1.0f / (1.0f - dropout->rate);
    for (size_t i = 0; i < count; i += 4) {
        struct mg_random r = mg_random_at(dropout->seed, MG_RANDOM_DROPOUT,
                                          dropout->update, place, (uint32_t)(i / 4));
        for (size_t j = i; j < count && j < i + 4; j++)
            stage->mask[j] =
                mg_random_unit(r.word[j - i]) < dropout->rate ? 0.0f : kept;
    }
}

// out (S, count) = x (S, count) * mask (count)
static void
apply_mask(const float *mask, int S, size_t count, const float *x, float *out)
{
    for (int s = 0; s < S; s++)
        for (size_t j = 0; j < count; j++)
            out[(size_t)s * count + j] = x[(size_t)s * count + j] * mask[j];
}

// Runs a layer; returns what it hands up, (S, R, H).
static const float *
stage_forward(struct stage *stage, const float *weights, int S, int R, const float *x,
              const struct mg_dropout *dropout, uint32_t place)
{
    size_t values = (size_t)R * (size_t)stage->lstm->units;
    mg_sequence_forward(&stage->sequence, stage->lstm, weights, S, R, x);
    const float *up = stage->sequence.h + values;
    if (!dropout)
        return up;
    draw_mask(stage, R, dropout, place);
    apply_mask(stage->mask, S, values, up, stage->masked);
    return stage->masked;
}

// What a stage handed up in the last forward pass.
static const float *
stage_output(const struct stage *stage, int R, bool dropped)
{
    return dropped ? stage->masked
                   : stage->sequence.h + (size_t)R * (size_t)stage->lstm->units;
}

// (T, N, H) of the time axis and the cells below become (N, T, H + 2) of the note axis.
static void
turn_to_notes(struct mg_workspace *w, const float *up, int T)
{
    size_t N = (size_t)w->layout.shape.notes;
    size_t in = (size_t)w->layout.note[0].inputs, H = in - 2;
    for (size_t n = 0; n < N; n++)
        for (size_t t = 0; t < (size_t)T; t++) {
            float *out = w->note_input + (n * (size_t)T + t) * in;
            uint8_t below = n > 0 ? w->cells[(t + 1) * N + n - 1] : 0;
            memcpy(out, up + (t * N + n) * H, H * sizeof(float));
            out[H] = below & MG_CELL_PLAY ? 1.0f : 0.0f;
            out[H + 1] = below & MG_CELL_ARTICULATE ? 1.0f : 0.0f;
        }
}

// The way back of turn_to_notes(): (N, T, H + 2) to (T, N, H).
static void
turn_to_times(const struct mg_workspace *w, const float *by_input, int T, float *out)
{
    size_t N = (size_t)w->layout.shape.notes;
    size_t in = (size_t)w->layout.note[0].inputs, H = in - 2;
    for (size_t n = 0; n < N; n++)
        for (size_t t = 0; t < (size_t)T; t++)
            memcpy(out + (t * N + n) * H, by_input + (n * (size_t)T + t) * in,
                   H * sizeof(float));
}

static void
fill_logits(struct mg_workspace *w, const float *weights, const float *up, int rows)
{
    int H = w->layout.note[w->layout.shape.note_layers - 1].units;
    for (int r = 0; r < rows; r++)
        memcpy(w->logits + 2 * (size_t)r, weights + w->layout.out_bias,
               2 * sizeof(float));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, 2, H, 1.0f, up, H,
                weights + w->layout.out_weight, H, 1.0f, w->logits, 2);
}

// -ln of the probability of y under a logit z, and its derivative.
static double
cross_entropy(float z, bool y, float *by_z)
{
    double x = (double)z;
    double softplus = x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
    *by_z = (float)(1.0 / (1.0 + exp(-x)) - (y ? 1.0 : 0.0));
    return softplus - (y ? x : 0.0);
}

static void
add_loss(struct mg_workspace *w, int T, struct mg_loss *loss)
{
    size_t N = (size_t)w->layout.shape.notes;
    for (size_t n = 0; n < N; n++)
        for (size_t t = 0; t < (size_t)T; t++) {
            uint8_t cell = w->cells[(t + 1) * N + n];
            const float *z = w->logits + 2 * (n * (size_t)T + t);
            float *by_z = w->by_logits + 2 * (n * (size_t)T + t);
            bool play = cell & MG_CELL_PLAY;
            loss->play += cross_entropy(z[0], play, &by_z[0]);
            by_z[1] = 0.0f;
            if (play)
                loss->articulate +=
                    cross_entropy(z[1], cell & MG_CELL_ARTICULATE, &by_z[1]);
        }
}

void
mg_backprop_forward(struct mg_workspace *w, const float *weights,
                    const struct mg_segment *segment, bool carry,
                    const struct mg_dropout *dropout, struct mg_loss *loss)
{
    const struct mg_shape *shape = &w->layout.shape;
    int N = shape->notes, T = segment->steps;
    uint32_t place = segment->number << 8; // of the masks
    if (dropout && dropout->rate <= 0.0f)
        dropout = NULL;
    copy_cells(w, segment);
    fill_features(w, segment);
    const float *up = w->features;
    for (int l = 0; l < shape->time_layers; l++) {
        if (carry)
            mg_sequence_carry(&w->time[l].sequence, w->time[l].lstm, w->T, N);
        else
            mg_sequence_begin(&w->time[l].sequence, w->time[l].lstm, weights, N);
        up =
            stage_forward(&w->time[l], weights, T, N, up, dropout, place | (uint32_t)l);
    }
    turn_to_notes(w, up, T);
    up = w->note_input;
    for (int l = 0; l < shape->note_layers; l++) {
        mg_sequence_begin(&w->note[l].sequence, w->note[l].lstm, weights, T);
        up = stage_forward(&w->note[l], weights, N, T, up, dropout,
                           place | (uint32_t)(MG_LAYERS_MAX + l));
    }
    fill_logits(w, weights, up, N * T);
    w->T = T;
    w->dropped = dropout != NULL;
    add_loss(w, T, loss);
}

void
mg_backprop_probabilities(const struct mg_workspace *w, int t, float *out)
{
    for (int n = 0; n < w->layout.shape.notes; n++)
        for (int o = 0; o < 2; o++)
            out[2 * n + o] = mg_sigmoid(w->logits[2 * (n * w->T + t) + o]);
}

// The output layer: gradient of its weights, and the loss by what came up into
// w->upper.
static void
output_backward(struct mg_workspace *w, const float *weights, float scale,
                const float *up, float *gradient)
{
    int rows = w->layout.shape.notes * w->T;
    int H = w->layout.note[w->layout.shape.note_layers - 1].units;
    cblas_sscal(2 * rows, scale, w->by_logits, 1);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, 2, H, rows, 1.0f, w->by_logits,
                2, up, H, 1.0f, gradient + w->layout.out_weight, H);
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < 2; o++)
            gradient[w->layout.out_bias + (size_t)o] += w->by_logits[2 * r + o];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, H, 2, 1.0f,
                w->by_logits, 2, weights + w->layout.out_weight, H, 0.0f, w->upper, H);
}

static void
swap_buffers(struct mg_workspace *w)
{
    float *swap = w->upper;
    w->upper = w->lower;
    w->lower = swap;
}

// Takes w->upper down through a layer: the loss by its x lands in w->upper again,
// unless last.
static void
stage_backward(struct mg_workspace *w, struct stage *stage, const float *weights, int S,
               int R, const float *x, bool last, float *gradient)
{
    size_t values = (size_t)R * (size_t)stage->lstm->units;
    if (w->dropped)
        apply_mask(stage->mask, S, values, w->upper, w->upper);
    mg_sequence_backward(&stage->sequence, stage->lstm, weights, S, R, x, w->upper,
                         last ? NULL : w->lower, gradient, w->scratch);
    swap_buffers(w);
}

void
mg_backprop_backward(struct mg_workspace *w, const float *weights, float scale,
                     float *gradient)
{
    const struct mg_shape *shape = &w->layout.shape;
    int N = shape->notes, T = w->T;
    output_backward(w, weights, scale,
                    stage_output(&w->note[shape->note_layers - 1], T, w->dropped),
                    gradient);
    for (int l = shape->note_layers - 1; l >= 0; l--) {
        const float *x =
            l > 0 ? stage_output(&w->note[l - 1], T, w->dropped) : w->note_input;
        stage_backward(w, &w->note[l], weights, N, T, x, false, gradient);
    }
    turn_to_times(w, w->upper, T, w->lower);
    swap_buffers(w);
    for (int l = shape->time_layers - 1; l >= 0; l--) {
        const float *x =
            l > 0 ? stage_output(&w->time[l - 1], N, w->dropped) : w->features;
        stage_backward(w, &w->time[l], weights, T, N, x, l == 0, gradient);
    }
}
