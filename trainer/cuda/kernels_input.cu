// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What goes into the network: cells of the corpus, features, choices, dropout masks.
#include "trainer/cuda/launch.h"

#include <Random123/philox.h>

#include "model/below.h"
#include "model/features.h"
#include "model/random.h"
#include "model/recall.h"
#include "model/roll.h"
#include "trainer/cuda/factor.h"
#include "trainer/cuda/kernels.h"

__device__ static void
fetch(const struct mg_fetch *a, uint32_t i)
{
    uint32_t n = i % a->N, b = i / a->N % a->B, t = i / (a->N * a->B);
    const struct mg_cuda_segment *segment = &a->batch->segments[b];
    int32_t step = segment->start + (int32_t)t, key = (int32_t)n + segment->shift;
    bool there = segment->steps > 0 && (int32_t)t <= segment->steps && step > 0 &&
                 key >= 0 && key < segment->keys;
    a->cells[i] = there ? mg_recall_before(segment->cells, segment->keys, step, key)
                        : (uint16_t)0;
}
MG_KERNEL(fetch)

__device__ static float
sounding(const uint16_t *cells, int note, int N, int bit)
{
    return note >= 0 && note < N && (cells[note] & bit) ? 1.0f : 0.0f;
}

// How many notes sound of a pitch class.
__device__ static float
sounding_class(const uint16_t *cells, int N, int lowest_note, int pitch_class)
{
    int first = (pitch_class - lowest_note % MG_PITCH_CLASSES + MG_PITCH_CLASSES) %
                MG_PITCH_CLASSES;
    float count = 0.0f;
    for (int n = first; n < N; n += MG_PITCH_CLASSES)
        count += sounding(cells, n, N, MG_CELL_PLAY);
    return count;
}

// Features MG_FEATURE_RECALLED and up.
__device__ static float
recalled(uint16_t heard, int f)
{
    float sure = (float)(heard >> MG_HEARD_LEVEL & MG_HEARD_LEVELS) / MG_HEARD_LEVELS;
    if (f == MG_FEATURE_SURE)
        return sure;
    if (f == MG_FEATURE_SURELY_PLAYED)
        return heard & MG_HEARD_PLAY ? sure : 0.0f;
    int bit = f >= MG_FEATURE_AGO        ? 1 << (MG_HEARD_AGO + f - MG_FEATURE_AGO)
              : f == MG_FEATURE_RECALLED ? MG_HEARD_PLAY
                                         : MG_HEARD_ARTICULATE;
    return heard & bit ? 1.0f : 0.0f;
}

// Feature f of note n; beat: 0..15.
__device__ static float
feature(const uint16_t *cells, int N, int lowest_note, int n, int beat, int f)
{
    int key = lowest_note + n;
    if (f < MG_FEATURE_PITCH_CLASS)
        return (float)(key - 64) / 24.0f;
    if (f < MG_FEATURE_VICINITY)
        return key % MG_PITCH_CLASSES == f - MG_FEATURE_PITCH_CLASS ? 1.0f : 0.0f;
    if (f < MG_FEATURE_CONTEXT) {
        int which = f - MG_FEATURE_VICINITY;
        return sounding(cells, n + which / 2 - MG_REACH, N,
                        which % 2 ? MG_CELL_ARTICULATE : MG_CELL_PLAY);
    }
    if (f < MG_FEATURE_BEAT)
        return sounding_class(cells, N, lowest_note,
                              (key + f - MG_FEATURE_CONTEXT) % MG_PITCH_CLASSES);
    if (f < MG_FEATURE_BEAT + MG_BEAT_BITS)
        return beat >> (f - MG_FEATURE_BEAT) & 1 ? 1.0f : -1.0f;
    if (f < MG_FEATURE_RECALLED)
        return 0.0f;
    return recalled(cells[n], f);
}

__device__ static void
feel(const struct mg_feel *a, uint32_t i)
{
    uint32_t f = i % a->F, row = i / a->F;
    uint32_t n = row % a->N, place = row / a->N, b = place % a->B, t = place / a->B;
    int32_t before = a->batch->segments[b].start + (int32_t)t - 1;
    float value = feature(a->cells + (size_t)place * a->N, (int)a->N, a->lowest_note,
                          (int)n, (before + MG_BEATS) % MG_BEATS, (int)f);
    put_factor(a->x, (size_t)row * a->width + f, value, a->bf16);
}
MG_KERNEL(feel)

__device__ static void
choose(const struct mg_choose *a, uint32_t i)
{
    uint32_t which = i % a->count, row = i / a->count;
    uint32_t t = row % a->T, b = row / a->T % a->B, n = row / (a->T * a->B);
    const uint16_t *cells = a->cells + ((size_t)(t + 1) * a->B + b) * a->N;
    put_factor(a->x, (size_t)row * a->width + which,
               mg_below(cells, (int)n, (int)which), a->bf16);
}
MG_KERNEL(choose)

// As mg_random_at() and mg_random_unit(): the masks of the CPU.  Of the four numbers of a
// place three are thrown away, which costs less than threads that write to four places.
__device__ static float
dropout_number(const struct mg_cuda_batch *batch, uint32_t place, uint32_t at)
{
    philox4x32_key_t key = {{(uint32_t)batch->seed, (uint32_t)(batch->seed >> 32)}};
    philox4x32_ctr_t counter = {{MG_RANDOM_DROPOUT, batch->update, place, at / 4}};
    philox4x32_ctr_t random = philox4x32(counter, key);
    return (float)(random.v[at % 4] >> 8) * (1.0f / 16777216.0f);
}

__device__ static void
mask(const struct mg_mask *a, uint32_t i)
{
    float rate = a->batch->dropout, value = 1.0f;
    if (rate > 0.0f) {
        uint32_t of_segment = a->inner * a->H, b = i / of_segment;
        uint32_t place = a->batch->segments[b].number << 8 | a->layer;
        value = dropout_number(a->batch, place, i % of_segment) < rate
                    ? 0.0f
                    : 1.0f / (1.0f - rate);
    }
    a->mask[i] = value;
}
MG_KERNEL(mask)

__device__ static void
ones(const struct mg_ones *a, uint32_t i)
{
    put_factor(a->x, (size_t)i * a->width, 1.0f, a->bf16);
}
MG_KERNEL(ones)
