// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The state matrix: notes to cells and back.
#include "model/roll.h"

#include <errno.h>
#include <stdlib.h>

int
mg_roll_init(struct mg_roll *roll, int lowest_note, int notes, int steps)
{
    *roll =
        (struct mg_roll){.lowest_note = lowest_note, .notes = notes, .steps = steps};
    roll->cells = calloc((size_t)steps * (size_t)notes + 1, 1);
    return roll->cells ? 0 : -ENOMEM;
}

void
mg_roll_finish(struct mg_roll *roll)
{
    free(roll->cells);
    *roll = (struct mg_roll){0};
}

uint8_t *
mg_roll_row(const struct mg_roll *roll, int t)
{
    return roll->cells + (size_t)t * (size_t)roll->notes;
}

int64_t
mg_roll_step_of(int64_t ticks, int ticks_per_quarter, int steps_per_quarter)
{
    return (2 * ticks * steps_per_quarter + ticks_per_quarter) /
           (2 * ticks_per_quarter);
}

int
mg_roll_add(struct mg_roll *roll, int key, int64_t onset_ticks, int64_t end_ticks,
            int ticks_per_quarter, int steps_per_quarter)
{
    int note = key - roll->lowest_note;
    int64_t onset = mg_roll_step_of(onset_ticks, ticks_per_quarter, steps_per_quarter);
    int64_t end = mg_roll_step_of(end_ticks, ticks_per_quarter, steps_per_quarter);
    if (note < 0 || note >= roll->notes || onset < 0 || onset >= roll->steps)
        return 0;
    if (end <= onset)
        end = onset + 1;
    if (end > roll->steps)
        end = roll->steps;

    *(mg_roll_row(roll, (int)onset) + note) = MG_CELL_PLAY | MG_CELL_ARTICULATE;
    int t = (int)onset + 1;
    for (; t < end; t++)
        *(mg_roll_row(roll, t) + note) = MG_CELL_PLAY;
    // An earlier note that was longer ends here: one key has one string.
    for (; t < roll->steps && *(mg_roll_row(roll, t) + note) == MG_CELL_PLAY; t++)
        *(mg_roll_row(roll, t) + note) = 0;
    return 1;
}

int
mg_roll_next_note(const struct mg_roll *roll, int note, int *onset, int *end)
{
    int t = *onset;
    while (t < roll->steps && !(mg_roll_row(roll, t)[note] & MG_CELL_PLAY))
        t++;
    if (t >= roll->steps)
        return 0;
    *onset = t++;
    while (t < roll->steps && mg_roll_row(roll, t)[note] == MG_CELL_PLAY)
        t++;
    *end = t;
    return 1;
}
