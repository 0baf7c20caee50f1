// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Segments dealt like cards.
#include "trainer/batch.h"

#include <errno.h>
#include <stdlib.h>

#include "model/random.h"

static int
cards_of(const struct mg_piece *piece, int segment)
{
    return (piece->roll.steps + segment - 1) / segment;
}

int
mg_batches_init(struct mg_batches *b, const struct mg_corpus *corpus,
                const struct mg_shape *shape, uint64_t seed, int batch, int segment,
                int transpose_low, int transpose_high)
{
    *b = (struct mg_batches){
        .corpus = corpus,
        .shape = shape,
        .seed = seed,
        .batch = batch,
        .segment = segment,
        .transpose_low = transpose_low,
        .transpose_high = transpose_high,
        .epoch = -1,
    };
    for (int i = 0; i < corpus->piece_count; i++)
        b->card_count += cards_of(&corpus->pieces[i], segment);
    b->cards = calloc((size_t)b->card_count, sizeof *b->cards);
    b->order = calloc((size_t)b->card_count, sizeof *b->order);
    if (!b->cards || !b->order)
        return -ENOMEM;
    int at = 0;
    for (int i = 0; i < corpus->piece_count; i++)
        for (int k = cards_of(&corpus->pieces[i], segment); k > 0; k--)
            b->cards[at++] = i;
    return 0;
}

void
mg_batches_finish(struct mg_batches *b)
{
    free(b->cards);
    free(b->order);
    *b = (struct mg_batches){0};
}

// A random number of 0 .. count - 1 from a 32-bit word; the bias is under count / 2^32.
static int
pick(uint32_t word, int count)
{
    return (int)((uint64_t)word * (uint64_t)count >> 32);
}

// Fisher and Yates.
static void
shuffle(struct mg_batches *b, int64_t epoch)
{
    for (int i = 0; i < b->card_count; i++) {
        struct mg_random r =
            mg_random_at(b->seed, MG_RANDOM_ORDER, (uint32_t)epoch, (uint32_t)i, 0);
        int j = pick(r.word[0], i + 1);
        b->order[i] = b->order[j];
        b->order[j] = b->cards[i];
    }
    b->epoch = epoch;
}

// Semitones that leave every note of the piece that the model can hear inside its
// range.
static int
pick_transposition(const struct mg_batches *b, const struct mg_piece *piece,
                   uint32_t word)
{
    int lowest = b->shape->lowest_note, highest = lowest + b->shape->notes - 1;
    int low = MAX(b->transpose_low, MIN(0, lowest - piece->lowest_key));
    int high = MIN(b->transpose_high, MAX(0, highest - piece->highest_key));
    return low < high ? low + pick(word, high - low + 1) : 0;
}

static struct mg_segment
deal(struct mg_batches *b, int64_t number)
{
    int64_t epoch = number / b->card_count;
    if (epoch != b->epoch)
        shuffle(b, epoch);
    const struct mg_piece *piece = &b->corpus->pieces[b->order[number % b->card_count]];
    struct mg_random r = mg_random_at(b->seed, MG_RANDOM_SEGMENT, (uint32_t)number,
                                      (uint32_t)(number >> 32), 0);
    int steps = MIN(piece->roll.steps, b->segment);
    return (struct mg_segment){
        .roll = mg_piece_heard(piece, b->shape->feature_set),
        .start = pick(r.word[0], piece->roll.steps - steps + 1),
        .steps = steps,
        .transpose = pick_transposition(b, piece, r.word[1]),
    };
}

void
mg_batches_get(struct mg_batches *b, int64_t update, struct mg_segment *out)
{
    for (int i = 0; i < b->batch; i++) {
        out[i] = deal(b, update * b->batch + i);
        out[i].number = (uint32_t)i;
    }
}
