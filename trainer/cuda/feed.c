// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The host's side of a batch: where its segments are in the pieces on the device.
#include "trainer/cuda/feed.h"

#include <assert.h>
#include <string.h>

int
mg_cuda_feed_init(struct mg_cuda_feed *feed, struct mg_cuda *cuda,
                  const struct mg_layout *layout, int B, int T, const float *weights,
                  float *gradient, GError **error)
{
    *feed = (struct mg_cuda_feed){0};
    mg_cuda_resident_init(&feed->resident);
    mg_cuda_graphs_init(&feed->graphs, &feed->net);
    int status =
        mg_cuda_network_init(&feed->net, cuda, layout, B, T, weights, gradient, error);
    if (status)
        return status;
    feed->batch = mg_cuda_host(cuda, mg_cuda_batch_bytes(B));
    feed->losses = mg_cuda_host(cuda, 2 * (size_t)B * sizeof(double));
    return mg_cuda_report(cuda, error);
}

void
mg_cuda_feed_finish(struct mg_cuda_feed *feed)
{
    cudaFreeHost(feed->losses);
    cudaFreeHost(feed->batch);
    mg_cuda_resident_finish(&feed->resident);
    mg_cuda_graphs_finish(&feed->graphs);
    mg_cuda_network_finish(&feed->net);
    *feed = (struct mg_cuda_feed){0};
}

void
mg_cuda_feed_begin(struct mg_cuda_feed *feed, const struct mg_dropout *dropout,
                   float scale, int carry)
{
    memset(feed->batch, 0, mg_cuda_batch_bytes(feed->net.B));
    feed->batch->scale = scale;
    feed->batch->carry = carry;
    if (dropout) {
        feed->batch->dropout = dropout->rate;
        feed->batch->seed = dropout->seed;
        feed->batch->update = dropout->update;
    }
    feed->longest = 1;
}

void
mg_cuda_feed_add(struct mg_cuda_feed *feed, int b, const struct mg_segment *segment)
{
    const struct mg_roll *roll = segment->roll;
    assert(b < feed->net.B && segment->steps <= feed->net.max_steps);
    assert(segment->start + segment->steps <= roll->steps);
    feed->batch->segments[b] = (struct mg_cuda_segment){
        .cells = mg_cuda_resident_cells(&feed->resident, feed->net.cuda, roll),
        .keys = roll->notes,
        .shift =
            feed->net.layout.shape.lowest_note - segment->transpose - roll->lowest_note,
        .start = segment->start,
        .steps = segment->steps,
        .number = segment->number,
    };
    if (segment->steps > feed->longest)
        feed->longest = segment->steps;
}

int
mg_cuda_feed_run(struct mg_cuda_feed *feed)
{
    struct mg_cuda *cuda = feed->net.cuda;
    int T = mg_cuda_graphs_steps(&feed->graphs, feed->longest);
    if (!cuda->status)
        mg_cuda_try(cuda, cudaMemcpyAsync(feed->net.batch, feed->batch,
                                          mg_cuda_batch_bytes(feed->net.B),
                                          cudaMemcpyHostToDevice, cuda->stream));
    mg_cuda_graphs_run(&feed->graphs, T, MG_CUDA_FORWARD);
    return T;
}

void
mg_cuda_feed_losses(struct mg_cuda_feed *feed, int count, struct mg_loss *losses)
{
    struct mg_cuda *cuda = feed->net.cuda;
    if (!cuda->status)
        mg_cuda_try(cuda, cudaMemcpyAsync(feed->losses, feed->net.segment_losses,
                                          2 * (size_t)count * sizeof(double),
                                          cudaMemcpyDeviceToHost, cuda->stream));
    mg_cuda_wait(cuda);
    for (int b = 0; b < count; b++)
        losses[b] = (struct mg_loss){feed->losses[2 * b], feed->losses[2 * b + 1]};
}

// The pieces of a corpus in the order in which they are scored.
static gint
longer_first(gconstpointer a, gconstpointer b, gpointer corpus)
{
    const struct mg_piece *pieces = ((const struct mg_corpus *)corpus)->pieces;
    int one = *(const int *)a, other = *(const int *)b;
    int difference = pieces[other].roll.steps - pieces[one].roll.steps;
    return difference ? difference : one - other;
}

// The next window of some pieces, which begins at a step.  Adds to their losses.
static void
score_window(struct mg_cuda_feed *feed, const struct mg_corpus *corpus,
             const int *pieces, int count, int start, struct mg_loss *sums)
{
    struct mg_loss *losses = g_new0(struct mg_loss, count);
    int window = feed->net.max_steps;
    mg_cuda_feed_begin(feed, NULL, 1.0f, start > 0 ? window : 0);
    for (int b = 0; b < count; b++) {
        const struct mg_roll *roll = mg_piece_heard(&corpus->pieces[pieces[b]],
                                                    feed->net.layout.shape.feature_set);
        struct mg_segment segment = {
            .roll = roll,
            .start = start,
            .steps = MIN(window, roll->steps - start),
        };
        if (segment.steps > 0)
            mg_cuda_feed_add(feed, b, &segment);
    }
    mg_cuda_feed_run(feed);
    mg_cuda_feed_losses(feed, count, losses);
    for (int b = 0; b < count; b++) {
        sums[pieces[b]].play += losses[b].play;
        sums[pieces[b]].articulate += losses[b].articulate;
    }
    g_free(losses);
}

// As many pieces at a time as a batch has segments, those of like length together.
struct mg_score
mg_cuda_feed_score(struct mg_cuda_feed *feed, const struct mg_corpus *corpus,
                   const volatile sig_atomic_t *stop)
{
    struct mg_score score = {0};
    int pieces = corpus->piece_count, B = feed->net.B;
    int *order = g_new0(int, pieces);
    struct mg_loss *sums = g_new0(struct mg_loss, pieces);
    for (int i = 0; i < pieces; i++)
        order[i] = i;
    g_qsort_with_data(order, pieces, sizeof *order, longer_first, (gpointer)corpus);
    for (int i = 0; i < pieces; i += B) {
        int longest = corpus->pieces[order[i]].roll.steps;
        for (int start = 0; start < longest && !(stop && *stop);
             start += feed->net.max_steps)
            score_window(feed, corpus, order + i, MIN(B, pieces - i), start, sums);
    }
    for (int i = 0; i < pieces; i++) {
        mg_score_count(&score, &feed->net.layout.shape, &corpus->pieces[i].roll);
        score.loss.play += sums[i].play;
        score.loss.articulate += sums[i].articulate;
    }
    g_free(sums);
    g_free(order);
    if (stop && *stop)
        score = (struct mg_score){0};
    return score;
}
