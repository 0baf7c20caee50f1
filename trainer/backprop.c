// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network as its layers along the two axes, with the turn from (T, N) to (N, T)
// between.
#include "trainer/backprop.h"

#include <cblas.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/activation.h"
#include "model/below.h"
#include "model/features.h"
#include "model/random.h"
#include "model/recall.h"
#include "model/zeros.h"
#include "trainer/pages.h"
#include "trainer/sequence.h"

// A layer, and the mask on what it hands up.
struct stage {
    struct mg_sequence sequence;
    float *mask; // (R, H): 0 or 1 / (1 - rate)
};

struct mg_workspace {
    struct mg_layout layout;
    const struct mg_kernel *kernel;
    int max_steps;
    int T; // of the last forward pass
    bool dropped;
    struct stage time[MG_LAYERS_MAX]; // S = T, R = N
    struct stage note[MG_LAYERS_MAX]; // S = N, R = T
    struct mg_heard heard;
    uint16_t *cells;  // (T + 1, N): what is heard after each step and before the first
    float *features;  // (N, F): of one step
    float *top;       // (N, T, last note units): what the output layer reads
    float *logits;    // (N, T, 2)
    float *by_logits; // (N, T, 2): the loss by them
    float *output;    // (2, last note units + 1): the output's gradient so far
    float *upper;     // (T * N * widest): the loss by what goes up
    float *lower;     // the same, one layer down
};

static int
stage_init(struct stage *stage, const struct mg_lstm *lstm,
           const struct mg_kernel *kernel, int S, int R)
{
    stage->mask = mg_zeros((size_t)R, (size_t)lstm->units);
    return mg_sequence_init(&stage->sequence, lstm, kernel, S, R) || !stage->mask
               ? -ENOMEM
               : 0;
}

static void
stage_finish(struct stage *stage)
{
    mg_sequence_finish(&stage->sequence);
    free(stage->mask);
}

static const struct mg_lstm *
top_layer(const struct mg_layout *layout)
{
    return &layout->note[layout->shape.note_layers - 1];
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
    const struct mg_layout *layout = &w->layout;
    int T = w->max_steps, N = layout->shape.notes;
    for (int l = 0; l < layout->shape.time_layers; l++)
        if (stage_init(&w->time[l], &layout->time[l], w->kernel, T, N))
            return -ENOMEM;
    for (int l = 0; l < layout->shape.note_layers; l++)
        if (stage_init(&w->note[l], &layout->note[l], w->kernel, N, T))
            return -ENOMEM;
    return 0;
}

struct mg_workspace *
mg_workspace_create(const struct mg_layout *layout, const struct mg_kernel *kernel,
                    int max_steps)
{
    struct mg_workspace *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->layout = *layout;
    w->kernel = kernel;
    w->max_steps = max_steps;
    size_t T = (size_t)max_steps, N = (size_t)layout->shape.notes;
    size_t widest = widest_row(layout), H = (size_t)top_layer(layout)->units;
    w->cells = calloc((T + 1) * N, sizeof *w->cells);
    w->heard.hearing.lists = calloc(N, sizeof *w->heard.hearing.lists);
    w->heard.sums = mg_zeros(N, MG_PANEL_COLUMNS);
    w->features = mg_zeros(N, (size_t)layout->time[0].inputs);
    w->top = mg_pages(N * T, H);
    w->logits = mg_zeros(N * T, 2);
    w->by_logits = mg_zeros(N * T, 2);
    w->output = mg_zeros(2, H + 1);
    w->upper = mg_pages(T * N, widest);
    w->lower = mg_pages(T * N, widest);
    if (w->cells && w->heard.hearing.lists && w->heard.sums && w->features && w->top &&
        w->logits && w->by_logits && w->output && w->upper && w->lower &&
        !stages_init(w))
        return w;
    mg_workspace_destroy(w);
    return NULL;
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
    free(w->lower);
    free(w->upper);
    free(w->output);
    free(w->by_logits);
    free(w->logits);
    free(w->top);
    free(w->features);
    free(w->heard.sums);
    free(w->heard.hearing.lists);
    free(w->cells);
    free(w);
}

// Row 0 is what is heard before the segment: nothing at the start of the piece.
static void
copy_cells(struct mg_workspace *w, const struct mg_segment *segment)
{
    const struct mg_shape *shape = &w->layout.shape;
    const struct mg_roll *roll = segment->roll;
    size_t N = (size_t)shape->notes;
    int shift = shape->lowest_note - segment->transpose - roll->lowest_note;
    memset(w->cells, 0, (size_t)(segment->steps + 1) * N * sizeof *w->cells);
    for (int t = 0; t <= segment->steps; t++)
        for (int i = 0; segment->start + t > 0 && i < shape->notes; i++)
            if (i + shift >= 0 && i + shift < roll->notes)
                w->cells[(size_t)t * N + (size_t)i] =
                    mg_recall_before(roll->cells, roll->notes, segment->start + t,
                                     i + shift);
}

// The first layer's x.  The way up does not multiply it, its weight gradient does.
static void
fill_features(struct mg_workspace *w, const struct mg_segment *segment)
{
    const struct mg_shape *shape = &w->layout.shape;
    struct mg_rows x = mg_sequence_inputs(&w->time[0].sequence, shape->notes);
    int F = w->layout.time[0].inputs;
    for (int t = 0; t < segment->steps; t++) {
        mg_features(shape->feature_set, shape->lowest_note, shape->notes,
                    w->cells + (size_t)t * (size_t)shape->notes,
                    mg_beat_of((int64_t)segment->start + t - 1), w->features);
        for (int n = 0; n < shape->notes; n++)
            w->kernel->round(F, w->features + n * F,
                             x.values + (size_t)t * x.place + (size_t)n * x.row);
    }
}

// The note axis's last x: the chord below.
static void
fill_choices(struct mg_workspace *w, int T)
{
    const struct mg_shape *shape = &w->layout.shape;
    int N = shape->notes, count = mg_below_count(shape->feature_set);
    int first = w->layout.note[0].inputs - count;
    struct mg_rows x = mg_sequence_inputs(&w->note[0].sequence, T);
    for (int n = 0; n < N; n++)
        for (int t = 0; t < T; t++) {
            const uint16_t *cells = w->cells + (t + 1) * N;
            float below[MG_BELOW_OF_FULL];
            for (int i = 0; i < count; i++)
                below[i] = mg_below(cells, n, i);
            float *row = x.values + (size_t)n * x.place + (size_t)t * x.row;
            w->kernel->round(count, below,
                             (uint8_t *)row + first * w->kernel->input_bytes);
        }
}

// Variational dropout: one mask for the whole sequence of a row.
static void
draw_mask(struct stage *stage, int R, const struct mg_dropout *dropout, uint32_t place)
{
    size_t count = (size_t)R * (size_t)stage->sequence.lstm->units;
    float kept = 1.0f / (1.0f - dropout->rate);
    for (size_t i = 0; i < count; i += 4) {
        struct mg_random r = mg_random_at(dropout->seed, MG_RANDOM_DROPOUT,
                                          dropout->update, place, (uint32_t)(i / 4));
        for (size_t j = i; j < count && j < i + 4; j++)
            stage->mask[j] =
                mg_random_unit(r.word[j - i]) < dropout->rate ? 0.0f : kept;
    }
}

static void
draw_masks(struct mg_workspace *w, const struct mg_segment *segment,
           const struct mg_dropout *dropout)
{
    const struct mg_shape *shape = &w->layout.shape;
    uint32_t place = segment->number << 8;
    for (int l = 0; l < shape->time_layers; l++)
        draw_mask(&w->time[l], shape->notes, dropout, place | (uint32_t)l);
    for (int l = 0; l < shape->note_layers; l++)
        draw_mask(&w->note[l], segment->steps, dropout,
                  place | (uint32_t)(MG_LAYERS_MAX + l));
}

// The same rows with places and rows exchanged: what is row n at place t for the time axis
// is row t at place n for the note axis.
static struct mg_rows
turned(struct mg_rows rows)
{
    return (struct mg_rows){rows.values, rows.row, rows.place};
}

// (S, R, width) values.
static struct mg_rows
dense(float *values, int R, int width)
{
    return (struct mg_rows){values, (size_t)R * (size_t)width, (size_t)width};
}

static void
keep(int count, const float *values, void *out)
{
    memcpy(out, values, (size_t)count * sizeof *values);
}

static void
fill_logits(struct mg_workspace *w, const float *weights, int rows)
{
    int H = top_layer(&w->layout)->units;
    for (int r = 0; r < rows; r++)
        memcpy(w->logits + 2 * (size_t)r, weights + w->layout.out_bias,
               2 * sizeof(float));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, 2, H, 1.0f, w->top, H,
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
            int cell = w->cells[(t + 1) * N + n];
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

static void
run_times(struct mg_workspace *w, const struct mg_packed *weights, int T, bool carry)
{
    int N = w->layout.shape.notes, last = w->layout.shape.time_layers - 1;
    for (int l = 0; l <= last; l++) {
        struct mg_sequence *sequence = &w->time[l].sequence;
        if (carry)
            mg_sequence_carry(sequence, w->T, N);
        else
            mg_sequence_begin(sequence, weights->weights, N);
        struct mg_rows up = l < last
                                ? mg_sequence_inputs(&w->time[l + 1].sequence, N)
                                : turned(mg_sequence_inputs(&w->note[0].sequence, T));
        mg_sequence_forward(sequence, &weights->time[l], T, N, l ? NULL : &w->heard,
                            w->dropped ? w->time[l].mask : NULL, up, w->kernel->round);
    }
}

static void
run_notes(struct mg_workspace *w, const struct mg_packed *weights, int T)
{
    int N = w->layout.shape.notes, last = w->layout.shape.note_layers - 1;
    for (int l = 0; l <= last; l++) {
        struct mg_sequence *sequence = &w->note[l].sequence;
        mg_sequence_begin(sequence, weights->weights, T);
        struct mg_rows up = l < last ? mg_sequence_inputs(&w->note[l + 1].sequence, T)
                                     : dense(w->top, T, top_layer(&w->layout)->units);
        mg_sequence_forward(sequence, &weights->note[l], N, T, NULL,
                            w->dropped ? w->note[l].mask : NULL, up,
                            l < last ? w->kernel->round : keep);
    }
}

// The tables of the weights, and lists of its own.
static void
prepare_hearing(struct mg_workspace *w, const struct mg_packed *weights, int start)
{
    struct mg_feature_list *lists = w->heard.hearing.lists;
    w->heard.hearing = weights->hearing;
    w->heard.hearing.lists = lists;
    w->heard.cells = w->cells;
    w->heard.start = start;
}

void
mg_backprop_forward(struct mg_workspace *w, const struct mg_packed *weights,
                    const struct mg_segment *segment, bool carry,
                    const struct mg_dropout *dropout, struct mg_loss *loss)
{
    int T = segment->steps;
    w->dropped = dropout && dropout->rate > 0.0f;
    if (w->dropped)
        draw_masks(w, segment, dropout);
    copy_cells(w, segment);
    fill_features(w, segment);
    prepare_hearing(w, weights, segment->start);
    run_times(w, weights, T, carry);
    fill_choices(w, T);
    run_notes(w, weights, T);
    fill_logits(w, weights->weights, w->layout.shape.notes * T);
    w->T = T;
    add_loss(w, T, loss);
}

void
mg_backprop_probabilities(const struct mg_workspace *w, int t, float *out)
{
    for (int n = 0; n < w->layout.shape.notes; n++)
        for (int o = 0; o < 2; o++)
            out[2 * n + o] = mg_sigmoid(w->logits[2 * (n * w->T + t) + o]);
}

// The output layer: gradient of its weights, and the loss by what came up into w->upper.
static void
output_backward(struct mg_workspace *w, const float *weights, float scale)
{
    int rows = w->layout.shape.notes * w->T, H = top_layer(&w->layout)->units;
    double by_bias[2] = {0}; // equal terms, as of a fresh network, round the same way
    cblas_sscal(2 * rows, scale, w->by_logits, 1);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, 2, H, rows, 1.0f, w->by_logits,
                2, w->top, H, 1.0f, w->output, H);
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < 2; o++)
            by_bias[o] += (double)w->by_logits[2 * r + o];
    for (int o = 0; o < 2; o++)
        w->output[2 * H + o] += (float)by_bias[o];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, H, 2, 1.0f,
                w->by_logits, 2, weights + w->layout.out_weight, H, 0.0f, w->upper, H);
}

// Takes the loss down through a layer: by what it handed up (above, in w->upper) to by its
// x, in w->upper again.
static void
stage_backward(struct mg_workspace *w, struct stage *stage,
               const struct mg_packed_layer *weights, int S, int R,
               struct mg_rows above)
{
    mg_sequence_backward(&stage->sequence, weights, S, R, above,
                         w->dropped ? stage->mask : NULL, w->lower);
    float *swap = w->upper;
    w->upper = w->lower;
    w->lower = swap;
}

int
mg_backprop_parts(const struct mg_layout *layout)
{
    return 1 + layout->shape.note_layers + layout->shape.time_layers;
}

// The layer whose gradient a part is; NULL: the output.
static const struct mg_lstm *
layer_of(const struct mg_layout *layout, int part)
{
    int note_layers = layout->shape.note_layers;
    if (part == 0)
        return NULL;
    if (part <= note_layers)
        return &layout->note[note_layers - part];
    return &layout->time[mg_backprop_parts(layout) - 1 - part];
}

void
mg_backprop_part(const struct mg_layout *layout, int part, size_t *offset,
                 size_t *count)
{
    const struct mg_lstm *lstm = layer_of(layout, part);
    *offset = lstm ? lstm->weight_ih : layout->out_weight;
    *count = lstm ? lstm->c0 + (size_t)lstm->units - *offset
                  : layout->out_bias + 2 - *offset;
}

void
mg_backprop_backward(struct mg_workspace *w, const struct mg_packed *weights,
                     float scale, mg_backprop_done *done, void *context)
{
    const struct mg_layout *layout = &w->layout;
    int N = layout->shape.notes, T = w->T, part = 0;
    int last = layout->shape.time_layers - 1;
    output_backward(w, weights->weights, scale);
    if (done)
        done(context, part);
    for (int l = layout->shape.note_layers - 1; l >= 0; l--) {
        stage_backward(w, &w->note[l], &weights->note[l], N, T,
                       dense(w->upper, T, layout->note[l].units));
        if (done)
            done(context, ++part);
    }
    for (int l = last; l >= 0; l--) {
        stage_backward(w, &w->time[l], &weights->time[l], T, N,
                       l == last ? turned(dense(w->upper, T, layout->note[0].inputs))
                                 : dense(w->upper, N, layout->time[l].units));
        if (done)
            done(context, ++part);
    }
}

static void
give_output(struct mg_workspace *w, float *gradient)
{
    size_t H = (size_t)top_layer(&w->layout)->units;
    for (size_t i = 0; i < 2 * H; i++)
        gradient[w->layout.out_weight + i] += w->output[i];
    for (size_t o = 0; o < 2; o++)
        gradient[w->layout.out_bias + o] += w->output[2 * H + o];
    memset(w->output, 0, 2 * (H + 1) * sizeof(float));
}

void
mg_backprop_give(struct mg_workspace *w, int part, float *gradient)
{
    int note_layers = w->layout.shape.note_layers;
    int last = mg_backprop_parts(&w->layout) - 1;
    if (part == 0)
        give_output(w, gradient);
    else if (part <= note_layers)
        mg_sequence_give_gradient(&w->note[note_layers - part].sequence, gradient);
    else
        mg_sequence_give_gradient(&w->time[last - part].sequence, gradient);
}
