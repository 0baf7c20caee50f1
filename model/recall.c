// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Likeness by distance, one addition a step for each.
#include "model/recall.h"

#include <assert.h>
#include <string.h>

#include "model/clones.h"
#include "model/roll.h"

enum {
    WHOLE = 65536, // a likeness of 1, which is never quite reached
    WORD_NOTES = 64,
};

// What is lacking to perfect likeness at each level but 0, at most: WHOLE / 2^(level / 2).
static const int32_t LACK[MG_HEARD_LEVELS + 1] = {WHOLE, 46340, 32768, 23170,
                                                  16384, 11585, 8192,  5792,
                                                  4096,  2896,  2048,  1448,
                                                  1024,  724,   512,   362};

static const struct mg_recall_step *
step_at(const struct mg_recall *recall, int64_t t)
{
    return &recall->past[t & (MG_RECALL_MOST - 1)];
}

static struct mg_recall_step
step_of(int notes, const uint8_t *state)
{
    struct mg_recall_step step = {0};
    for (int n = 0; n < notes; n++) {
        uint64_t bit = (uint64_t)1 << n % WORD_NOTES;
        if (state[n] & MG_CELL_PLAY)
            step.play[n / WORD_NOTES] |= bit;
        if (state[n] & MG_CELL_ARTICULATE)
            step.articulate[n / WORD_NOTES] |= bit;
    }
    return step;
}

static int
bits(uint64_t word)
{
    return __builtin_popcountll(word);
}

// |A & B| / |A | B|, of WHOLE; silence is like nothing.
static int32_t
alike(const struct mg_recall_step *a, const struct mg_recall_step *b)
{
    int both = bits(a->play[0] & b->play[0]) + bits(a->play[1] & b->play[1]);
    int either = bits(a->play[0] | b->play[0]) + bits(a->play[1] | b->play[1]);
    return both ? both * WHOLE / either : 0;
}

// Brings all distances up to date with the newest step.  Returns the one most alike, or 0.
MG_CLONES static int
compare(struct mg_recall *recall, int64_t t)
{
    const struct mg_recall_step *now = step_at(recall, t);
    int best = 0;
    int most = t < MG_RECALL_MOST - 1 ? (int)t : MG_RECALL_MOST - 1;
    for (int k = MG_RECALL_LEAST; k <= most; k++) {
        int32_t likeness = recall->likeness[k];
        likeness += (alike(now, step_at(recall, t - k)) - likeness) / 8;
        recall->likeness[k] =
            (uint16_t)likeness; // below WHOLE: it stops where the rest is under 8
        if (recall->likeness[k] > recall->likeness[best])
            best = k;
    }
    return best;
}

static int
level_of(uint16_t likeness)
{
    int level = 0;
    while (level < MG_HEARD_LEVELS && WHOLE - likeness <= LACK[level + 1])
        level++;
    return level;
}

static int
has(const uint64_t *words, int note)
{
    return words[note / WORD_NOTES] >> note % WORD_NOTES & 1;
}

// Adds what was played at the distances before step t.
static void
add_distances(const struct mg_recall *recall, int notes, int64_t t, uint16_t *heard)
{
    for (int d = 0; d < MG_DISTANCES; d++) {
        int64_t then = t - mg_recall_distance(d);
        if (then < 0)
            continue;
        const struct mg_recall_step *step = step_at(recall, then);
        for (int n = 0; n < notes; n++)
            heard[n] |= (uint16_t)(has(step->play, n) << (MG_HEARD_AGO + d));
    }
}

void
mg_recall_listen(struct mg_recall *recall, int notes, const uint8_t *state,
                 uint16_t *heard)
{
    assert(notes <= MG_RECALL_WORDS * WORD_NOTES);
    int64_t t = recall->steps++;
    recall->past[t & (MG_RECALL_MOST - 1)] = step_of(notes, state);
    recall->distance = compare(recall, t);
    struct mg_recall_step step = {0};
    if (recall->distance)
        step = *step_at(recall, t + 1 - recall->distance);
    int level = level_of(recall->likeness[recall->distance]);
    recall->repeating = level >= MG_HEARD_SURE ? recall->repeating + 1 : 0;
    for (int n = 0; n < notes; n++)
        heard[n] = (uint16_t)(state[n] | has(step.play, n) * MG_HEARD_PLAY |
                              has(step.articulate, n) * MG_HEARD_ARTICULATE |
                              level << MG_HEARD_LEVEL);
    add_distances(recall, notes, t + 1, heard);
}

void
mg_recall_lose_thread(struct mg_recall *recall)
{
    memset(recall->likeness, 0, sizeof recall->likeness);
    recall->distance = 0;
    recall->repeating = 0;
}
