// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Counts in hash tables of a fixed size: where two contexts want the same slot, the one
// that is met more often keeps it.
#include "trainer/decider.h"

#include <math.h>
#include <stdlib.h>

enum {
    SLOTS = 1 << 20, // of a context; a power of two
    CASES_MAX = 4000,
    CONFIDENCES = 12, // 0 cases, 1, 2, 3..4, 5..8, ... 1025..: a weight each
};

// The constants below did well on the validation pieces of two benchmark sets, JSB chorales
// and Piano-midi; none of them matters much.
//
// A probability is that of the counts with this part of a case added on either side.
static const float part_case = 0.4f;
static const float first_weight = 0.1f;
// By how much a weight moves for an error of 1 and a logit of 1: fast at first.
static const float first_rate = 0.02f, last_rate = 0.0005f, slowing = 1e-4f;

struct slot {
    uint32_t check;
    uint16_t cases[2]; // that went no, yes
};

struct mg_decider {
    int contexts;
    struct slot *slots; // (contexts, SLOTS)
    float *weights;     // (sets, contexts, CONFIDENCES)
    float *logarithms;  // (CASES_MAX + 1): of a number of cases, and part_case
    int64_t learned;    // decisions
};

// What the contexts say.
struct opinion {
    float logits[MG_DECIDER_CONTEXTS_MAX];
    int weights[MG_DECIDER_CONTEXTS_MAX]; // where each one's weight is
    float probability;                    // of yes
};

struct mg_decider *
mg_decider_create(int contexts, int sets)
{
    size_t count = (size_t)sets * (size_t)contexts * CONFIDENCES;
    struct mg_decider *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->contexts = contexts;
    d->slots = calloc((size_t)contexts * SLOTS, sizeof *d->slots);
    d->weights = calloc(count, sizeof *d->weights);
    d->logarithms = calloc(CASES_MAX + 1, sizeof *d->logarithms);
    if (!d->slots || !d->weights || !d->logarithms) {
        mg_decider_destroy(d);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        d->weights[i] = first_weight;
    for (int i = 0; i <= CASES_MAX; i++)
        d->logarithms[i] = logf((float)i + part_case);
    return d;
}

void
mg_decider_destroy(struct mg_decider *d)
{
    if (!d)
        return;
    free(d->slots);
    free(d->weights);
    free(d->logarithms);
    free(d);
}

// The slot of a context, or NULL if it has none.
static struct slot *
find_slot(const struct mg_decider *d, int context, uint64_t hash)
{
    struct slot *slots = d->slots + (size_t)context * SLOTS;
    for (uint64_t i = 0; i < 2; i++) {
        struct slot *slot = &slots[(hash ^ i) % SLOTS];
        if (slot->check == hash >> 32 && slot->cases[0] + slot->cases[1])
            return slot;
    }
    return NULL;
}

// A slot for a context that has none: of its two places, the one that was met less often,
// once that is hardly ever.  Returns NULL, and lets the place age, where it is not so yet.
static struct slot *
take_slot(struct mg_decider *d, int context, uint64_t hash)
{
    struct slot *slots = d->slots + (size_t)context * SLOTS;
    struct slot *slot = &slots[hash % SLOTS], *other = &slots[(hash ^ 1) % SLOTS];
    if (other->cases[0] + other->cases[1] < slot->cases[0] + slot->cases[1])
        slot = other;
    if (slot->cases[0] + slot->cases[1] > 1) {
        slot->cases[0] /= 2;
        slot->cases[1] /= 2;
        return NULL;
    }
    *slot = (struct slot){.check = (uint32_t)(hash >> 32)};
    return slot;
}

static int
confidence(int cases)
{
    int level = 0;
    for (int below = 0; cases > below && level < CONFIDENCES - 1; level++)
        below = below ? 2 * below : 1;
    return level;
}

static struct opinion
ask(const struct mg_decider *d, const uint64_t *contexts, int set)
{
    struct opinion opinion;
    float sum = 0;
    for (int i = 0; i < d->contexts; i++) // so that the slots come from memory together
        __builtin_prefetch(&d->slots[(size_t)i * SLOTS + contexts[i] % SLOTS]);
    for (int i = 0; i < d->contexts; i++) {
        const struct slot *slot = find_slot(d, i, contexts[i]);
        int no = slot ? slot->cases[0] : 0, yes = slot ? slot->cases[1] : 0;
        opinion.logits[i] = d->logarithms[yes] - d->logarithms[no];
        opinion.weights[i] =
            (set * d->contexts + i) * CONFIDENCES + confidence(no + yes);
        sum += d->weights[opinion.weights[i]] * opinion.logits[i];
    }
    opinion.probability = 1.0f / (1.0f + expf(-sum));
    return opinion;
}

static void
count_case(struct mg_decider *d, int context, uint64_t hash, bool yes)
{
    struct slot *slot = find_slot(d, context, hash);
    if (!slot)
        slot = take_slot(d, context, hash);
    if (!slot)
        return;
    if (++slot->cases[yes] >= CASES_MAX) {
        slot->cases[0] /= 2;
        slot->cases[1] /= 2;
    }
}

// -ln of the probability of what happened.  Nothing is certain, were it only that the
// tables are finite.
static double
surprise(const struct opinion *opinion, bool yes)
{
    const double least = 1e-6;
    double p = least + (1 - 2 * least) * (double)opinion->probability;
    return -log(yes ? p : 1 - p);
}

double
mg_decider_learn(struct mg_decider *d, const uint64_t *contexts, int set, bool yes)
{
    // The opinion before the case is counted: the weights are to suit new cases.
    struct opinion opinion = ask(d, contexts, set);
    float rate = fmaxf(first_rate / (1.0f + slowing * (float)d->learned++), last_rate);
    float error = (float)yes - opinion.probability;
    for (int i = 0; i < d->contexts; i++) {
        d->weights[opinion.weights[i]] += rate * error * opinion.logits[i];
        count_case(d, i, contexts[i], yes);
    }
    return surprise(&opinion, yes);
}

double
mg_decider_surprise(const struct mg_decider *d, const uint64_t *contexts, int set,
                    bool yes)
{
    struct opinion opinion = ask(d, contexts, set);
    return surprise(&opinion, yes);
}
