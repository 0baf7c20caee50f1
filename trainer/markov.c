// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Counting, and the logarithm of the counts.
#include "trainer/markov.h"

#include <math.h>

// What a key did in the step before t.
static int
played_before(const struct mg_roll *roll, int t, int key)
{
    return t > 0 ? mg_roll_row(roll, t - 1)[key] & MG_CELL_PLAY : 0;
}

void
mg_markov_learn(struct mg_markov *m, const struct mg_roll *roll)
{
    for (int t = 0; t < roll->steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        for (int key = m->lowest_key; key < m->lowest_key + m->keys; key++) {
            int before = played_before(roll, t, key);
            m->play[key][before][row[key] & MG_CELL_PLAY]++;
            if (row[key])
                m->articulate[key][before][row[key] >> 1]++;
        }
    }
}

// -ln of the probability of `happened` (0 or 1).
static double
surprise(const int64_t counts[2][2], int before, bool after_last, int happened)
{
    int64_t both[2];
    for (int i = 0; i < 2; i++)
        both[i] = after_last ? counts[before][i] : counts[0][i] + counts[1][i];
    return log(((double)both[0] + (double)both[1] + 1.0) /
               ((double)both[happened] + 0.5));
}

struct mg_loss
mg_markov_score(const struct mg_markov *m, const struct mg_roll *roll, bool after_last)
{
    struct mg_loss loss = {0};
    for (int t = 0; t < roll->steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        for (int key = m->lowest_key; key < m->lowest_key + m->keys; key++) {
            int before = played_before(roll, t, key);
            loss.play +=
                surprise(m->play[key], before, after_last, row[key] & MG_CELL_PLAY);
            if (row[key])
                loss.articulate +=
                    surprise(m->articulate[key], before, after_last, row[key] >> 1);
        }
    }
    return loss;
}
