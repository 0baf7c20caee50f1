// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Compares hashes over the ranks.
#include "trainer/accord.h"

#include <errno.h>

static const uint64_t HASH_BEGIN = 0xcbf29ce484222325; // of FNV-1a

static uint64_t
hash(uint64_t sum, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ at[i]) * 0x100000001b3;
    return sum;
}

// Word by word: a million weights at each score are to cost nothing.
static uint64_t
hash_weights(const float *weights, size_t count)
{
    uint64_t sum = HASH_BEGIN;
    for (size_t i = 0; i < count; i++) {
        union {
            float value;
            uint32_t bits;
        } word = {.value = weights[i]};
        sum = (sum ^ word.bits) * 0x100000001b3;
    }
    return sum;
}

// One of the ranks has something else: says so on the first.
static int
refuse(const struct mg_ranks *ranks, int other, const char *what, GError **error)
{
    if (ranks->rank == 0)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "rank %d on %s has %s",
                    other, ranks->names[other], what);
    return -ESTALE;
}

int
mg_accord_options(struct mg_ranks *ranks, const struct mg_train_options *options,
                  GError **error)
{
    int other;
    char *text = mg_train_options_course(options);
    uint64_t own = hash(HASH_BEGIN, text, strlen(text));
    g_free(text);
    int status = mg_ranks_compare(ranks, own, &other, error);
    if (status || !other)
        return status;
    return refuse(ranks, other, "other options, or is another version of mg-train",
                  error);
}

static uint64_t
hash_pieces(uint64_t sum, const struct mg_corpus *corpus)
{
    for (int i = 0; i < corpus->piece_count; i++) {
        const struct mg_roll *roll = &corpus->pieces[i].roll;
        sum = hash(sum, &roll->steps, sizeof roll->steps);
        for (int t = 0; t < roll->steps; t++)
            sum = hash(sum, mg_roll_row(roll, t), (size_t)roll->notes);
    }
    return hash(sum, &corpus->piece_count, sizeof corpus->piece_count);
}

int
mg_accord_corpora(struct mg_ranks *ranks, const struct mg_corpus *corpus,
                  const struct mg_corpus *held_out, GError **error)
{
    int other;
    if (ranks->size == 1)
        return 0;
    uint64_t own = hash_pieces(hash_pieces(HASH_BEGIN, corpus), held_out);
    int status = mg_ranks_compare(ranks, own, &other, error);
    if (status || !other)
        return status;
    double pieces = corpus->piece_count + held_out->piece_count;
    double steps = (double)(corpus->steps + held_out->steps);
    double theirs[2] = {0};
    if (ranks->rank == other) {
        theirs[0] = pieces;
        theirs[1] = steps;
    }
    status = ranks->ops->sum(ranks, theirs, 2, error);
    char *what = g_strdup_printf("another corpus: %.0f pieces, %.0f steps; here are "
                                 "%.0f pieces, %.0f steps",
                                 theirs[0], theirs[1], pieces, steps);
    if (!status)
        status = refuse(ranks, other, what, error);
    g_free(what);
    return status;
}

int
mg_accord_weights(struct mg_ranks *ranks, const struct mg_model *model, GError **error)
{
    int other;
    if (ranks->size == 1)
        return 0;
    uint64_t own = hash_weights(model->weights, model->layout.parameters);
    int status = mg_ranks_compare(ranks, own, &other, error);
    if (status || !other)
        return status;
    return refuse(
        ranks, other,
        "other weights than rank 0: a host computes wrongly; go on with --resume "
        "from the last checkpoint",
        error);
}
