// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The baselines of mg-eval: that they count rightly, and that what they give are
// probabilities, of what is to come by what has been.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "model/random.h"
#include "tests/fixture.h"
#include "trainer/baselines.h"
#include "trainer/decider.h"
#include "trainer/markov.h"
#include "trainer/mixture.h"

enum { LOWEST = 50, KEYS = 3, PIECES = 6 };

static int
cell_at(const struct mg_roll *roll, int t, int key)
{
    return t < 0 ? 0 : mg_roll_row(roll, t)[key];
}

// --- every key for itself -------------------------------------------------------------

// How often, in the training pieces, `key` did what `cell` says: it sounds, or where it
// does, it is struck; where before is 0 or 1, after steps in which it did or did not sound.
static int
cases(const struct mg_corpus *training, int key, int before, bool struck, int bit)
{
    int count = 0;
    for (int i = 0; i < training->piece_count; i++) {
        const struct mg_roll *roll = &training->pieces[i].roll;
        for (int t = 0; t < roll->steps; t++) {
            int cell = cell_at(roll, t, key);
            if (before >= 0 && (cell_at(roll, t - 1, key) & 1) != before)
                continue;
            count += struck ? cell && cell >> 1 == bit : (cell & 1) == bit;
        }
    }
    return count;
}

static struct mg_loss
markov_by_hand(const struct mg_corpus *training, const struct mg_roll *roll,
               bool after_last)
{
    struct mg_loss loss = {0};
    for (int t = 0; t < roll->steps; t++)
        for (int key = LOWEST; key < LOWEST + KEYS; key++) {
            int cell = cell_at(roll, t, key);
            int before = after_last ? cell_at(roll, t - 1, key) & 1 : -1;
            double play = cases(training, key, before, false, cell & 1);
            double not_play = cases(training, key, before, false, !(cell & 1));
            loss.play -= log((play + 0.5) / (play + not_play + 1));
            if (!cell)
                continue;
            double as_is = cases(training, key, before, true, cell >> 1);
            double other = cases(training, key, before, true, !(cell >> 1));
            loss.articulate -= log((as_is + 0.5) / (as_is + other + 1));
        }
    return loss;
}

static void
markov_is_that_of_the_counts(void **unused)
{
    (void)unused;
    struct mg_corpus training;
    struct mg_piece piece;
    struct mg_markov markov = {.lowest_key = LOWEST, .keys = KEYS};
    mg_fixture_corpus(&training, PIECES, LOWEST - 1, KEYS, 1);
    mg_fixture_piece(&piece, LOWEST, KEYS + 2, 40, 99);
    for (int i = 0; i < PIECES; i++)
        mg_markov_learn(&markov, &training.pieces[i].roll);
    for (int order = 0; order < 2; order++) {
        struct mg_loss loss = mg_markov_score(&markov, &piece.roll, order);
        struct mg_loss expected = markov_by_hand(&training, &piece.roll, order);
        assert_true(fabs(loss.play - expected.play) < 1e-9);
        assert_true(fabs(loss.articulate - expected.articulate) < 1e-9);
    }
    mg_corpus_finish(&training);
    mg_corpus_finish_piece(&piece);
}

// --- mixed contexts -------------------------------------------------------------------

static void
a_decider_comes_to_the_frequency(void **unused)
{
    (void)unused;
    struct mg_decider *decider = mg_decider_create(2, 2);
    assert_non_null(decider);
    // The first context tells: yes in 1 of 4 cases, or always.  The second is noise.
    for (int i = 0; i < 8000; i++) {
        const uint64_t sometimes[] = {1, (uint64_t)i % 7}, always[] = {2, 5};
        mg_decider_learn(decider, sometimes, 0, i % 4 == 0);
        mg_decider_learn(decider, always, 1, true);
    }
    const uint64_t sometimes[] = {1, 3}, always[] = {2, 5}, never_met[] = {77, 78};
    double p = exp(-mg_decider_surprise(decider, sometimes, 0, true));
    assert_true(p > 0.2 && p < 0.3);
    assert_true(mg_decider_surprise(decider, always, 1, true) < 0.01);
    assert_true(mg_decider_surprise(decider, always, 1, false) > 4);
    p = exp(-mg_decider_surprise(decider, never_met, 0, true));
    assert_true(p > 0.49 && p < 0.51);
    // What it says before it learns is what it would have said.
    double asked = mg_decider_surprise(decider, sometimes, 0, false);
    assert_true(asked == mg_decider_learn(decider, sometimes, 0, false));
    assert_true(asked != mg_decider_surprise(decider, sometimes, 0, false));
    mg_decider_destroy(decider);
}

static struct mg_mixture *
taught_mixture(uint64_t seed)
{
    struct mg_corpus training;
    struct mg_mixture *mixture = mg_mixture_create(LOWEST, KEYS);
    assert_non_null(mixture);
    mg_fixture_corpus(&training, PIECES, LOWEST, KEYS, seed);
    for (int i = 0; i < PIECES; i++)
        mg_mixture_learn(mixture, &training.pieces[i].roll);
    mg_corpus_finish(&training);
    return mixture;
}

static double
nats(const struct mg_mixture *mixture, const struct mg_roll *roll)
{
    struct mg_loss loss = mg_mixture_score(mixture, roll);
    return loss.play + loss.articulate;
}

// Over all that the last step can be, the probabilities must add up to one: that cannot be
// if a key were told by itself, by a higher one or by a step to come.
static void
probabilities_of_a_step_add_up(void **unused)
{
    (void)unused;
    static const uint8_t states[] = {0, MG_CELL_PLAY,
                                     MG_CELL_PLAY | MG_CELL_ARTICULATE};
    struct mg_mixture *mixture = taught_mixture(2);
    struct mg_piece piece;
    mg_fixture_piece(&piece, LOWEST, KEYS, 30, 6);
    memcpy(mg_roll_row(&piece.roll, 15), mg_roll_row(&piece.roll, 3),
           (size_t)piece.roll.notes * 9); // something to be recognised
    for (int steps = 1; steps <= piece.roll.steps; steps++) {
        struct mg_roll start = piece.roll, before = piece.roll;
        start.steps = steps;
        before.steps = steps - 1;
        uint8_t *last = mg_roll_row(&start, steps - 1) + LOWEST;
        uint8_t truth[KEYS];
        memcpy(truth, last, KEYS);
        double sum = 0, known = nats(mixture, &before);
        for (int i = 0; i < 27; i++) {
            last[0] = states[i % 3];
            last[1] = states[i / 3 % 3];
            last[2] = states[i / 9];
            sum += exp(known - nats(mixture, &start));
        }
        assert_true(fabs(sum - 1) < 1e-4);
        memcpy(last, truth, KEYS);
    }
    mg_corpus_finish_piece(&piece);
    mg_mixture_destroy(mixture);
}

static void
scoring_leaves_no_trace(void **unused)
{
    (void)unused;
    struct mg_mixture *mixture = taught_mixture(3);
    struct mg_piece one, other;
    mg_fixture_piece(&one, LOWEST, KEYS, 50, 20);
    mg_fixture_piece(&other, LOWEST, KEYS, 50, 21);
    double first = nats(mixture, &one.roll);
    assert_true(first > 0 && first != nats(mixture, &other.roll));
    assert_true(first == nats(mixture, &one.roll));
    mg_corpus_finish_piece(&one);
    mg_corpus_finish_piece(&other);
    mg_mixture_destroy(mixture);
}

// A scale up and down again, each note of two steps, from one of its notes on.
static void
make_scale(struct mg_piece *piece, int steps, int phase)
{
    mg_fixture_silence(piece, steps);
    for (int t = 0; t < steps; t += 2) {
        int place = (t / 2 + phase) % 8;
        mg_roll_add(&piece->roll, 60 + (place < 4 ? place : 8 - place), t, t + 2, 1, 1);
    }
}

// Where a note leads depends on where it came from, which no key knows of itself.
static void
mixed_contexts_see_what_markov_does_not(void **unused)
{
    (void)unused;
    struct mg_piece pieces[8], scale;
    struct mg_corpus training = {.pieces = pieces, .piece_count = 8};
    struct mg_corpus corpus = {.pieces = &scale, .piece_count = 1};
    for (int i = 0; i < 8; i++)
        make_scale(&pieces[i], 64, i);
    make_scale(&scale, 64, 3);
    struct mg_baselines b;
    assert_int_equal(mg_baselines_score(&training, &corpus, 55, 15, 1, &b), 0);
    assert_true(b.marginal.play > b.markov.play);
    assert_true(b.markov.play > 5 * b.mixture.play);
    assert_true(b.markov.articulate > 0 && b.mixture.articulate < 10);
    for (int i = 0; i < 8; i++)
        mg_corpus_finish_piece(&pieces[i]);
    mg_corpus_finish_piece(&scale);
}

// Every key for itself: even ones mostly go on with what they do, odd ones seldom sound.
static void
make_markov_chain(struct mg_piece *piece, int steps, uint32_t seed)
{
    mg_fixture_silence(piece, steps);
    for (int t = 0; t < steps; t++)
        for (int key = LOWEST; key < LOWEST + 2 * KEYS; key++) {
            int before = cell_at(&piece->roll, t - 1, key);
            struct mg_random random =
                mg_random_at(seed, MG_RANDOM_WEIGHTS, (uint32_t)t, (uint32_t)key, 1);
            bool often = key % 2 == 0 && before;
            if (mg_random_unit(random.word[0]) < (often ? 0.95f : 0.05f))
                mg_roll_row(&piece->roll, t)[key] =
                    before ? MG_CELL_PLAY : MG_CELL_PLAY | MG_CELL_ARTICULATE;
        }
}

// Contexts that are of no use must not cost much.
static void
mixed_contexts_are_as_good_where_markov_is_all(void **unused)
{
    (void)unused;
    struct mg_piece pieces[2];
    struct mg_corpus training = {.pieces = &pieces[0], .piece_count = 1};
    struct mg_corpus corpus = {.pieces = &pieces[1], .piece_count = 1};
    struct mg_baselines b;
    make_markov_chain(&pieces[0], 16000, 1);
    make_markov_chain(&pieces[1], 1000, 2);
    assert_int_equal(mg_baselines_score(&training, &corpus, LOWEST, 2 * KEYS, 1, &b),
                     0);
    assert_true(b.mixture.play < 1.1 * b.markov.play);
    mg_corpus_finish_piece(&pieces[0]);
    mg_corpus_finish_piece(&pieces[1]);
}

static void
baselines_are_the_sum_over_the_pieces(void **unused)
{
    (void)unused;
    struct mg_corpus training, corpus;
    struct mg_baselines all, again, sum = {0};
    mg_fixture_corpus(&training, PIECES, LOWEST, KEYS, 4);
    mg_fixture_corpus(&corpus, PIECES, LOWEST, KEYS, 5);
    assert_int_equal(mg_baselines_score(&training, &corpus, LOWEST, KEYS, 1, &all), 0);
    assert_int_equal(mg_baselines_score(&training, &corpus, LOWEST, KEYS, 3, &again),
                     0);
    assert_memory_equal(&all, &again, sizeof all);
    for (int i = 0; i < PIECES; i++) {
        struct mg_corpus one = {.pieces = &corpus.pieces[i], .piece_count = 1};
        struct mg_baselines b;
        assert_int_equal(mg_baselines_score(&training, &one, LOWEST, KEYS, 1, &b), 0);
        sum.marginal.play += b.marginal.play;
        sum.markov.articulate += b.markov.articulate;
        sum.mixture.play += b.mixture.play;
    }
    assert_true(fabs(sum.marginal.play - all.marginal.play) < 1e-6);
    assert_true(fabs(sum.markov.articulate - all.markov.articulate) < 1e-6);
    assert_true(fabs(sum.mixture.play - all.mixture.play) < 1e-6);
    mg_corpus_finish(&training);
    mg_corpus_finish(&corpus);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markov_is_that_of_the_counts),
        cmocka_unit_test(a_decider_comes_to_the_frequency),
        cmocka_unit_test(probabilities_of_a_step_add_up),
        cmocka_unit_test(scoring_leaves_no_trace),
        cmocka_unit_test(mixed_contexts_see_what_markov_does_not),
        cmocka_unit_test(mixed_contexts_are_as_good_where_markov_is_all),
        cmocka_unit_test(baselines_are_the_sum_over_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
