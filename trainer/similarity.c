// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The dot product of two windows is a sum along a diagonal of the matrix of dot products
// of single steps.  From one window of the composition to the next, each sum loses the
// pair of steps at its start and gains the one behind its end.  And as a step is a few
// notes among 128 keys, a row of that matrix is the sum of a few columns of the piece: of
// the bytes that say, step by step, what a note on that key has in common with it.
//
// So all is adding up bytes, exactly, side by side for all windows of a piece: T_c * T_p
// additions for each note that sounds at a time, whatever the length of a window.
#include "trainer/similarity.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/clones.h"
#include "trainer/team.h"

enum { KEYS = 128 };

// The window of the corpus nearest to one of the composition.
struct nearest {
    float score; // the dot product by the length of the piece's window
    int dot;
    int square; // of the length of the piece's window
    int piece;
    int step; // where the window starts
    int semitones;
};

// What a thread needs for the longest piece.
struct desk {
    uint8_t *columns;        // (2, KEYS, T_p): for a held note, for a struck one
    float *inverse;          // (T_p): 1 / length of the window that ends here, or 0
    int *squares;            // (T_p + 1)
    int16_t *change;         // (T_p + chunk)
    int32_t *dots;           // (T_c + T_p + chunk), by diagonals
    struct nearest *nearest; // (T_c - chunk + 1)
};

struct comparison {
    const struct mg_roll *composition;
    const struct mg_corpus *corpus;
    int chunk;
    int lowest, highest; // semitones
    struct desk *desks;  // one a thread
};

// squares[t]: the square of the length of the window of `chunk` steps that starts at t,
// for all that fit.
static void
measure_windows(const struct mg_roll *roll, int chunk, int *squares)
{
    int sum = 0;
    for (int t = 0; t < roll->steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        for (int n = 0; n < roll->notes; n++)
            sum += (row[n] & 1) + (row[n] >> 1);
        if (t >= chunk) {
            row = mg_roll_row(roll, t - chunk);
            for (int n = 0; n < roll->notes; n++)
                sum -= (row[n] & 1) + (row[n] >> 1);
        }
        if (t >= chunk - 1)
            squares[t - chunk + 1] = sum;
    }
}

// What a note on a key has in common with every step of the piece: (T_p) of 0, 1 or 2.
static uint8_t *
column(const struct desk *desk, int steps, bool struck, int key)
{
    return desk->columns + ((size_t)struck * KEYS + (size_t)key) * (size_t)steps;
}

static void
lay_out_piece(struct desk *desk, const struct mg_piece *piece, int chunk)
{
    const struct mg_roll *roll = &piece->roll;
    int steps = roll->steps;
    for (int t = 0; t < steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        for (int key = piece->lowest_key; key <= piece->highest_key; key++) {
            column(desk, steps, false, key)[t] = row[key] & MG_CELL_PLAY;
            column(desk, steps, true, key)[t] =
                (uint8_t)((row[key] & 1) + (row[key] >> 1));
        }
    }
    measure_windows(roll, chunk, desk->squares);
    for (int t = 0; t < steps; t++) {
        int square = t >= chunk - 1 ? desk->squares[t - chunk + 1] : 0;
        desk->inverse[t] = square ? 1.0f / sqrtf((float)square) : 0.0f;
    }
}

MG_CLONES static void
add_column(int16_t *restrict sums, const uint8_t *restrict terms, int count)
{
    for (int j = 0; j < count; j++)
        sums[j] = (int16_t)(sums[j] + terms[j]);
}

MG_CLONES static void
subtract_column(int16_t *restrict sums, const uint8_t *restrict terms, int count)
{
    for (int j = 0; j < count; j++)
        sums[j] = (int16_t)(sums[j] - terms[j]);
}

// Adds the dot products of a step of the composition with all steps of the piece, or
// subtracts them.
static void
add_step(const struct desk *desk, const struct mg_piece *piece, const uint8_t *row,
         int semitones, bool subtract, int16_t *sums)
{
    int steps = piece->roll.steps;
    for (int key = piece->lowest_key; key <= piece->highest_key; key++) {
        int from = key - semitones;
        if (from < 0 || from >= KEYS || !row[from])
            continue;
        const uint8_t *terms = column(desk, steps, row[from] & MG_CELL_ARTICULATE, key);
        (subtract ? subtract_column : add_column)(sums, terms, steps);
    }
}

// Takes the changes into the sums; says whether a window that ends here is nearer than
// `score`.
MG_CLONES static bool
slide(int32_t *restrict dots, const int16_t *restrict change,
      const float *restrict inverse, float score, int count)
{
    int nearer = 0;
    for (int j = 0; j < count; j++) {
        dots[j] += change[j];
        nearer |= (float)dots[j] * inverse[j] > score;
    }
    return nearer;
}

// The first of the nearest windows among those whose sums these are.
static void
find_nearest(struct nearest *nearest, const struct desk *desk, const int32_t *dots,
             int piece, int steps, int chunk, int semitones)
{
    for (int j = chunk - 1; j < steps; j++) {
        float score = (float)dots[j] * desk->inverse[j];
        if (score <= nearest->score)
            continue;
        *nearest = (struct nearest){
            .score = score,
            .dot = dots[j],
            .square = desk->squares[j - chunk + 1],
            .piece = piece,
            .step = j - chunk + 1,
            .semitones = semitones,
        };
    }
}

// All windows of the composition against all of a piece that is laid out on the desk.
static void
compare(const struct comparison *c, struct desk *desk, int piece, int semitones)
{
    const struct mg_piece *p = &c->corpus->pieces[piece];
    int chunk = c->chunk, steps = p->roll.steps;
    int composition_steps = c->composition->steps;
    size_t sums = (size_t)composition_steps + (size_t)steps + (size_t)chunk;
    memset(desk->dots, 0, sums * sizeof *desk->dots);
    for (int t = 0; t < composition_steps; t++) {
        // Pairs of steps on one diagonal share a sum: step j of the piece stands at
        // dots[j] here and stood one further a step ago.  What leaves the window is
        // `chunk` steps back in both.
        int32_t *dots = desk->dots + (composition_steps - t);
        memset(desk->change, 0, ((size_t)steps + (size_t)chunk) * sizeof *desk->change);
        add_step(desk, p, mg_roll_row(c->composition, t), semitones, false,
                 desk->change);
        if (t >= chunk)
            add_step(desk, p, mg_roll_row(c->composition, t - chunk), semitones, true,
                     desk->change + chunk);
        struct nearest none = {.score = INFINITY}, *nearest = &none;
        if (t >= chunk - 1)
            nearest = &desk->nearest[t - chunk + 1];
        if (slide(dots, desk->change, desk->inverse, nearest->score, steps))
            find_nearest(nearest, desk, dots, piece, steps, chunk, semitones);
    }
}

static void
compare_piece(void *context, int thread, int job)
{
    struct comparison *c = context;
    struct desk *desk = &c->desks[thread];
    const struct mg_piece *piece = &c->corpus->pieces[job];
    if (piece->roll.steps < c->chunk)
        return;
    lay_out_piece(desk, piece, c->chunk);
    for (int semitones = c->lowest; semitones <= c->highest; semitones++)
        compare(c, desk, job, semitones);
}

static bool
init_desk(struct desk *desk, int composition_steps, int piece_steps, int chunk)
{
    size_t T_c = (size_t)composition_steps, T_p = (size_t)piece_steps;
    size_t window = (size_t)chunk, windows = T_c - window + 1;
    desk->columns = calloc(T_p, (size_t)2 * KEYS);
    desk->inverse = calloc(T_p, sizeof *desk->inverse);
    desk->squares = calloc(T_p + 1, sizeof *desk->squares);
    desk->change = calloc(T_p + window, sizeof *desk->change);
    desk->dots = calloc(T_c + T_p + window, sizeof *desk->dots);
    desk->nearest = calloc(windows, sizeof *desk->nearest);
    if (!desk->columns || !desk->inverse || !desk->squares || !desk->change ||
        !desk->dots || !desk->nearest)
        return false;
    for (size_t i = 0; i < windows; i++)
        desk->nearest[i].piece = -1;
    return true;
}

static void
finish_desk(struct desk *desk)
{
    free(desk->columns);
    free(desk->inverse);
    free(desk->squares);
    free(desk->change);
    free(desk->dots);
    free(desk->nearest);
}

// The nearest window of all desks; of equals that in the first piece, as on one desk.
static struct nearest
nearest_of(const struct comparison *c, int threads, int window)
{
    struct nearest nearest = c->desks[0].nearest[window];
    for (int i = 1; i < threads; i++) {
        const struct nearest *other = &c->desks[i].nearest[window];
        if (other->score > nearest.score ||
            (other->score == nearest.score && other->piece >= 0 &&
             other->piece < nearest.piece))
            nearest = *other;
    }
    return nearest;
}

static void
sum_up(const struct comparison *c, int threads, const int *squares,
       struct mg_similarity *similarity)
{
    double sum = 0;
    for (int i = 0; i < c->composition->steps - c->chunk + 1; i++) {
        if (!squares[i]) {
            similarity->silent_windows++;
            continue;
        }
        struct nearest nearest = nearest_of(c, threads, i);
        double cosine =
            nearest.piece < 0
                ? 0.0
                : nearest.dot / sqrt((double)squares[i] * (double)nearest.square);
        similarity->windows++;
        sum += cosine;
        if (cosine > similarity->nearest) {
            similarity->nearest = cosine;
            similarity->composition_step = i;
            similarity->piece = nearest.piece;
            similarity->piece_step = nearest.step;
            similarity->semitones = nearest.semitones;
        }
    }
    similarity->mean = similarity->windows ? sum / similarity->windows : 0.0;
}

int
mg_similarity_measure(const struct mg_roll *composition, const struct mg_corpus *corpus,
                      int chunk, int lowest, int highest, int threads,
                      struct mg_similarity *similarity)
{
    struct comparison c = {composition, corpus, chunk, lowest, highest, NULL};
    int longest = 1, status = -ENOMEM;
    *similarity = (struct mg_similarity){.piece = -1};
    for (int i = 0; i < corpus->piece_count; i++) {
        int steps = corpus->pieces[i].roll.steps;
        longest = steps > longest ? steps : longest;
        similarity->short_pieces += steps < chunk;
    }
    int *squares = calloc((size_t)composition->steps, sizeof *squares);
    c.desks = calloc((size_t)threads, sizeof *c.desks);
    bool ready = squares && c.desks;
    for (int i = 0; ready && i < threads; i++)
        ready = init_desk(&c.desks[i], composition->steps, longest, chunk);
    if (ready) {
        measure_windows(composition, chunk, squares);
        mg_team_run(threads, corpus->piece_count, compare_piece, &c);
        sum_up(&c, threads, squares, similarity);
        status = 0;
    }
    for (int i = 0; c.desks && i < threads; i++)
        finish_desk(&c.desks[i]);
    free(c.desks);
    free(squares);
    return status;
}
