// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What of a score is counted, not computed.
#include "trainer/score.h"

#include <math.h>

double
mg_score_nats(const struct mg_score *s)
{
    double nats = s->loss.play + s->loss.articulate;
    return s->steps ? nats / (double)s->steps : (double)INFINITY;
}

void
mg_score_count(struct mg_score *score, const struct mg_shape *shape,
               const struct mg_roll *roll)
{
    int lowest = shape->lowest_note - roll->lowest_note;
    score->pieces++;
    score->steps += roll->steps;
    for (int t = 0; t < roll->steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        int sounding = 0;
        for (int n = 0; n < roll->notes; n++) {
            int play = row[n] & MG_CELL_PLAY;
            sounding += play;
            if (n < lowest || n >= lowest + shape->notes)
                score->unscored_cells += play;
        }
        score->sounding += sounding;
        score->silent_steps += sounding == 0;
    }
}
