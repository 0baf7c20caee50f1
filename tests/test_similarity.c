// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Similarity, copies and texture of made-up music, each against a brute-force reference.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fixture.h"
#include "trainer/automaton.h"
#include "trainer/copies.h"
#include "trainer/similarity.h"
#include "trainer/texture.h"

enum { KEYS = 128, PIECES = 5, COUNTED_STEPS = 8 };

// Copies `steps` steps in from another roll, to a step, moved up.
static void
paste(struct mg_piece *piece, const struct mg_roll *from, int from_step, int steps,
      int step, int semitones)
{
    for (int t = 0; t < steps; t++)
        for (int n = 0; n < from->notes; n++) {
            int key = from->lowest_note + n + semitones;
            uint8_t cell = mg_roll_row(from, from_step + t)[n];
            if (key < 0 || key >= KEYS)
                continue;
            mg_roll_row(&piece->roll, step + t)[key] = cell;
            if (!cell)
                continue;
            piece->lowest_key = key < piece->lowest_key ? key : piece->lowest_key;
            piece->highest_key = key > piece->highest_key ? key : piece->highest_key;
        }
}

static int
cell_at(const struct mg_roll *roll, int t, int key)
{
    return key >= 0 && key < KEYS ? mg_roll_row(roll, t)[key] : 0;
}

// --- similarity -----------------------------------------------------------------------

static double
window_cosine(const struct mg_roll *a, int a_step, const struct mg_roll *b, int b_step,
              int chunk, int semitones)
{
    double dot = 0, a_square = 0, b_square = 0;
    for (int t = 0; t < chunk; t++)
        for (int key = 0; key < KEYS; key++)
            for (int bit = 0; bit < 2; bit++) {
                int x = cell_at(a, a_step + t, key - semitones) >> bit & 1;
                int y = cell_at(b, b_step + t, key) >> bit & 1;
                int stays = cell_at(a, a_step + t, key) >> bit & 1;
                dot += x * y;
                a_square += stays;
                b_square += y;
            }
    return a_square > 0 && b_square > 0 ? dot / sqrt(a_square * b_square) : 0;
}

static double
nearest_window(const struct mg_roll *composition, int step,
               const struct mg_corpus *corpus, int chunk, int lowest, int highest)
{
    double nearest = 0;
    for (int i = 0; i < corpus->piece_count; i++)
        for (int j = 0; j + chunk <= corpus->pieces[i].roll.steps; j++)
            for (int s = lowest; s <= highest; s++)
                nearest =
                    fmax(nearest, window_cosine(composition, step,
                                                &corpus->pieces[i].roll, j, chunk, s));
    return nearest;
}

static bool
is_silent(const struct mg_roll *roll, int step, int steps)
{
    for (int t = step; t < step + steps; t++)
        for (int key = 0; key < KEYS; key++)
            if (cell_at(roll, t, key))
                return false;
    return true;
}

static void
check_similarity(uint64_t seed, int chunk, int lowest, int highest)
{
    struct mg_corpus corpus;
    struct mg_piece composition;
    mg_fixture_corpus(&corpus, PIECES, 50, 12, seed);
    mg_fixture_piece(&composition, 48, 15, 37, 1001 + seed);
    const struct mg_roll *roll = &composition.roll;
    struct mg_similarity s, again;
    assert_int_equal(
        mg_similarity_measure(roll, &corpus, chunk, lowest, highest, 1, &s), 0);
    assert_int_equal(
        mg_similarity_measure(roll, &corpus, chunk, lowest, highest, 3, &again), 0);
    assert_memory_equal(&s, &again, sizeof s);

    double sum = 0, best = 0;
    int windows = 0, silent = 0;
    for (int i = 0; i + chunk <= roll->steps; i++) {
        if (is_silent(roll, i, chunk)) {
            silent++;
            continue;
        }
        double nearest = nearest_window(roll, i, &corpus, chunk, lowest, highest);
        sum += nearest;
        best = fmax(best, nearest);
        windows++;
    }
    assert_int_equal(s.windows, windows);
    assert_int_equal(s.silent_windows, silent);
    assert_true(fabs(s.mean - sum / windows) < 1e-6);
    assert_true(fabs(s.nearest - best) < 1e-6);
    assert_true(
        fabs(window_cosine(roll, s.composition_step, &corpus.pieces[s.piece].roll,
                           s.piece_step, chunk, s.semitones) -
             s.nearest) < 1e-9);
    mg_corpus_finish(&corpus);
    mg_corpus_finish_piece(&composition);
}

static void
similarity_is_that_of_all_pairs_of_windows(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 3; seed++) {
        check_similarity(seed, 1, 0, 0);
        check_similarity(seed, 6, 0, 0);
        check_similarity(seed, 18, -2, 3);
        check_similarity(seed, 37, 0, 1);
    }
}

static void
a_copy_is_similar_to_the_last_bit(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_similarity s;
    mg_fixture_corpus(&corpus, PIECES, 40, 30, 7);
    const struct mg_piece *piece = &corpus.pieces[4];
    assert_int_equal(mg_similarity_measure(&piece->roll, &corpus, 20, 0, 0, 2, &s), 0);
    assert_true(s.mean == 1.0 && s.nearest == 1.0);
    assert_int_equal(s.piece, 4);
    assert_int_equal(s.piece_step, s.composition_step);
    assert_int_equal(s.short_pieces, 2); // of 5 and 18 steps

    struct mg_piece moved;
    mg_fixture_silence(&moved, piece->roll.steps);
    paste(&moved, &piece->roll, 0, piece->roll.steps, 0, 3);
    assert_int_equal(mg_similarity_measure(&moved.roll, &corpus, 20, 0, 0, 2, &s), 0);
    assert_true(s.mean < 0.9);
    assert_int_equal(mg_similarity_measure(&moved.roll, &corpus, 20, -6, 5, 2, &s), 0);
    assert_true(s.mean == 1.0);
    assert_int_equal(s.semitones, -3);
    mg_corpus_finish_piece(&moved);
    mg_corpus_finish(&corpus);
}

static void
nothing_in_common_is_no_similarity(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_piece composition;
    struct mg_similarity s;
    mg_fixture_corpus(&corpus, PIECES, 20, 10, 1);
    mg_fixture_piece(&composition, 90, 10, 30, 2);
    assert_int_equal(mg_similarity_measure(&composition.roll, &corpus, 8, 0, 0, 1, &s),
                     0);
    assert_true(s.mean == 0.0 && s.piece == -1);
    mg_corpus_finish_piece(&composition);
    mg_corpus_finish(&corpus);
}

// --- copies ---------------------------------------------------------------------------

static bool
is_change(const struct mg_roll *roll, int t)
{
    bool struck = false;
    for (int key = 0; key < KEYS; key++)
        struck |= cell_at(roll, t, key) == 3;
    for (int u = t - 1; struck && u >= 0; u--) {
        bool struck_before = false, same = true;
        for (int key = 0; key < KEYS; key++) {
            struck_before |= cell_at(roll, u, key) == 3;
            same &= (cell_at(roll, u, key) & 1) == (cell_at(roll, t, key) & 1);
        }
        if (struck_before)
            return !same;
    }
    return struck;
}

static bool
steps_equal(const struct mg_roll *a, int a_step, const struct mg_roll *b, int b_step,
            int semitones)
{
    int far = abs(semitones);
    for (int key = -far; key < KEYS + far; key++)
        if (cell_at(a, a_step, key - semitones) != cell_at(b, b_step, key))
            return false;
    return true;
}

// What a run of the composition counts for.
static int
counted_steps(const struct mg_roll *roll, int start, int span)
{
    int counted = 0, changes = 0;
    for (int t = start; t < start + span; t++) {
        changes += t > start && is_change(roll, t);
        for (int u = t; u >= 0 && u > t - COUNTED_STEPS; u--)
            if (is_change(roll, u)) {
                counted++;
                break;
            }
    }
    return changes ? counted : 0;
}

static int
longest_by_hand(const struct mg_roll *composition, const struct mg_corpus *corpus,
                int most_semitones)
{
    int longest = 0;
    for (int s = -most_semitones; s <= most_semitones; s++)
        for (int p = 0; p < corpus->piece_count; p++) {
            const struct mg_roll *piece = &corpus->pieces[p].roll;
            for (int i = 0; i < composition->steps; i++)
                for (int j = 0; j < piece->steps; j++) {
                    int span = 0;
                    while (i + span < composition->steps && j + span < piece->steps &&
                           steps_equal(composition, i + span, piece, j + span, s))
                        span++;
                    int counted =
                        span > longest ? counted_steps(composition, i, span) : 0;
                    longest = counted > longest ? counted : longest;
                }
        }
    return longest;
}

// Whether steps first .. first + MG_COPY_WINDOW - 1 stand in the corpus.
static bool
window_is_copied(const struct mg_roll *composition, const struct mg_corpus *corpus,
                 int first, int most_semitones)
{
    for (int s = -most_semitones; s <= most_semitones; s++)
        for (int p = 0; p < corpus->piece_count; p++) {
            const struct mg_roll *piece = &corpus->pieces[p].roll;
            for (int j = 0; j + MG_COPY_WINDOW <= piece->steps; j++) {
                int span = 0;
                while (span < MG_COPY_WINDOW &&
                       steps_equal(composition, first + span, piece, j + span, s))
                    span++;
                if (span == MG_COPY_WINDOW)
                    return true;
            }
        }
    return false;
}

static void
check_windows(const struct mg_roll *composition, const struct mg_corpus *corpus,
              const struct mg_copy *copy)
{
    int windows = 0, copied = 0;
    for (int first = 0; first + MG_COPY_WINDOW <= composition->steps; first++)
        if (counted_steps(composition, first, MG_COPY_WINDOW)) {
            windows++;
            copied += window_is_copied(composition, corpus, first, 5);
        }
    assert_int_equal(copy->windows, windows);
    assert_int_equal(copy->copied_windows, copied);
}

static void
check_copy(const struct mg_roll *composition, const struct mg_corpus *corpus,
           const struct mg_copy *copy)
{
    for (int t = 0; t < copy->span; t++)
        assert_true(steps_equal(composition, copy->composition_step + t,
                                &corpus->pieces[copy->piece].roll, copy->piece_step + t,
                                copy->semitones));
    assert_int_equal(counted_steps(composition, copy->composition_step, copy->span),
                     copy->steps);
}

static void
copies_are_those_found_by_hand(void **unused)
{
    (void)unused;
    int passages = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct mg_corpus corpus;
        struct mg_piece composition;
        struct mg_copy copy;
        mg_fixture_corpus(&corpus, PIECES, 60, 2,
                          seed); // so few keys that much is alike
        mg_fixture_piece(&composition, 61, 3, 40, 500 + seed);
        mg_copies_find(&composition.roll, &corpus, &copy);
        assert_int_equal(copy.steps, longest_by_hand(&composition.roll, &corpus, 4));
        check_copy(&composition.roll, &corpus, &copy);
        check_windows(&composition.roll, &corpus, &copy);
        passages += copy.steps > 0;
        mg_corpus_finish(&corpus);
        mg_corpus_finish_piece(&composition);
    }
    assert_true(passages > 4);
}

static void
a_planted_passage_is_found_in_its_key(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_piece composition;
    struct mg_copy copy;
    mg_fixture_corpus(&corpus, PIECES, 40, 30, 4);
    mg_fixture_piece(&composition, 30, 40, 80, 3);
    paste(&composition, &corpus.pieces[4].roll, 11, 25, 17, -5);
    for (int key = 0; key < KEYS; key++) { // the steps beside it are of its own
        mg_roll_row(&composition.roll, 16)[key] = key == 100 ? 3 : 0;
        mg_roll_row(&composition.roll, 42)[key] = key == 100 ? 3 : 0;
    }
    mg_copies_find(&composition.roll, &corpus, &copy);
    assert_int_equal(copy.steps, 25);
    assert_int_equal(copy.span, 25);
    assert_int_equal(copy.composition_step, 17);
    assert_int_equal(copy.piece, 4);
    assert_int_equal(copy.piece_step, 11);
    assert_int_equal(copy.semitones, 5);
    assert_int_equal(copy.windows, 80 - MG_COPY_WINDOW + 1);
    assert_int_equal(copy.copied_windows, 25 - MG_COPY_WINDOW + 1);
    check_windows(&composition.roll, &corpus, &copy);
    mg_corpus_finish(&corpus);
    mg_corpus_finish_piece(&composition);
}

// One piece of a chord that is struck every `period` steps and held for `held`.
static void
make_drone(struct mg_piece *piece, int key, int steps, int period, int held)
{
    mg_fixture_silence(piece, steps);
    for (int t = 0; t < steps; t += period) {
        mg_roll_add(&piece->roll, key, t, t + held, 1, 1);
        mg_roll_add(&piece->roll, key + 7, t, t + held, 1, 1);
    }
    piece->lowest_key = key;
    piece->highest_key = key + 7;
}

static void
drones_and_silence_are_no_passage(void **unused)
{
    (void)unused;
    const struct {
        int period, held;
    } kinds[] = {{1, 1}, {2, 2}, {4, 2}, {200, 200}};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct mg_piece drone, corpus_drone;
        make_drone(&drone, 50, 40, kinds[i].period, kinds[i].held);
        make_drone(&corpus_drone, 54, 60, kinds[i].period, kinds[i].held);
        struct mg_corpus corpus = {.pieces = &corpus_drone,
                                   .piece_count = 1,
                                   .steps = 60,
                                   .steps_per_quarter = 2};
        struct mg_copy copy;
        mg_copies_find(&drone.roll, &corpus, &copy);
        assert_int_equal(copy.steps, 0);
        assert_int_equal(copy.windows, 0);
        // Another chord behind both makes it a passage, of which the drone is a bar.
        mg_roll_add(&drone.roll, 60, 32, 34, 1, 1);
        mg_roll_add(&corpus_drone.roll, 64, 32, 34, 1, 1);
        mg_copies_find(&drone.roll, &corpus, &copy);
        assert_int_equal(copy.steps, longest_by_hand(&drone.roll, &corpus, 4));
        assert_true(copy.steps > 0 && copy.steps <= 2 * COUNTED_STEPS + 2);
        check_windows(&drone.roll, &corpus, &copy);
        mg_corpus_finish_piece(&drone);
        mg_corpus_finish_piece(&corpus_drone);
    }
}

static void
the_automaton_knows_all_stretches(void **unused)
{
    (void)unused;
    enum { LENGTH = 60, SYMBOLS = 3 };
    struct mg_roll random;
    mg_fixture_roll(&random, 0, 2, 2 * LENGTH, 11);
    int sequence[2 * LENGTH];
    for (int i = 0; i < 2 * LENGTH; i++)
        sequence[i] =
            mg_roll_row(&random, i)[0] ? 1 + (mg_roll_row(&random, i)[1] & 1) : 0;
    const int *other = sequence + LENGTH;
    struct mg_automaton *a = mg_automaton_create(sequence, LENGTH, SYMBOLS);
    struct mg_walk walk = {0};
    for (int i = 0; i < LENGTH; i++) {
        int longest = 0, first_end = -1;
        for (int end = 0; end < LENGTH; end++) {
            int length = 0;
            while (length <= i && length <= end &&
                   sequence[end - length] == other[i - length])
                length++;
            if (length > longest) {
                longest = length;
                first_end = end;
            }
        }
        mg_automaton_walk(a, &walk, other[i]);
        assert_int_equal(walk.length, longest);
        assert_int_equal(mg_automaton_first_end(a, &walk), first_end);
    }
    mg_automaton_walk(a, &walk, -1);
    assert_int_equal(walk.length, 0);
    mg_automaton_destroy(a);
    mg_roll_finish(&random);
}

// --- texture --------------------------------------------------------------------------

static void
texture_counts_what_is_there(void **unused)
{
    (void)unused;
    struct mg_piece piece;
    struct mg_texture x = {0};
    mg_fixture_silence(&piece, 22); // bars of four steps: five, and two steps over
    const struct mg_roll *roll = &piece.roll;
    for (int bar = 0; bar < 2; bar++) { // two equal bars
        mg_roll_add(&piece.roll, 60, 4 * bar, 4 * bar + 2, 1, 1);
        mg_roll_add(&piece.roll, 64, 4 * bar, 4 * bar + 4, 1, 1);
        mg_roll_add(&piece.roll, 67, 4 * bar + 2, 4 * bar + 3, 1, 1);
    }
    // A silent bar, another, and the first once more.
    mg_roll_add(&piece.roll, 36, 12, 16, 1, 1);
    mg_roll_add(&piece.roll, 60, 16, 18, 1, 1);
    mg_roll_add(&piece.roll, 64, 16, 20, 1, 1);
    mg_roll_add(&piece.roll, 67, 18, 19, 1, 1);
    mg_roll_add(&piece.roll, 67, 21, 22, 1, 1);
    mg_texture_add(&x, roll, 4);
    assert_int_equal(x.steps, 22);
    assert_int_equal(x.silent_steps, 5);
    assert_int_equal(x.longest_silence, 4);
    assert_int_equal(x.longest_note, 4);
    assert_int_equal(x.sounding, 3 * 7 + 4 + 1);
    assert_int_equal(x.onsets, 11);
    assert_int_equal(x.pitch_classes[0], 4);
    assert_int_equal(x.pitch_classes[4], 3);
    assert_int_equal(x.pitch_classes[7], 4);
    // 64 67 64 67 36 64 67 67: the leaps count as octaves.
    assert_int_equal(x.intervals[MG_LEAP + 3], 3);
    assert_int_equal(x.intervals[MG_LEAP - 3], 1);
    assert_int_equal(x.intervals[0], 1);
    assert_int_equal(x.intervals[2 * MG_LEAP], 1);
    assert_int_equal(x.intervals[MG_LEAP], 1);
    assert_int_equal(x.bars, 4);
    assert_int_equal(x.repeated_bars, 2);
    assert_int_equal(x.bars_as_last, 1);
    mg_corpus_finish_piece(&piece);
}

static void
texture_adds_up_over_pieces(void **unused)
{
    (void)unused;
    struct mg_texture sum = {0};
    int64_t sounding = 0;
    int longest = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct mg_piece piece;
        struct mg_texture one = {0};
        mg_fixture_piece(&piece, 30, 50, 64, seed);
        mg_texture_add(&one, &piece.roll, 8);
        mg_texture_add(&sum, &piece.roll, 8);
        for (int i = 0; i < 64 * KEYS; i++)
            sounding += piece.roll.cells[i] & 1;
        longest = one.longest_note > longest ? one.longest_note : longest;
        mg_corpus_finish_piece(&piece);
    }
    assert_int_equal(sum.steps, 6 * 64);
    assert_int_equal(sum.sounding, sounding);
    assert_int_equal(sum.longest_note, longest);
    int64_t onsets = 0;
    for (int i = 0; i < MG_PITCH_CLASSES; i++)
        onsets += sum.pitch_classes[i];
    assert_int_equal(sum.onsets, onsets);
}

static void
divergence_is_that_of_the_books(void **unused)
{
    (void)unused;
    const int64_t all[] = {10, 0, 0}, half[] = {3, 3, 0}, other[] = {0, 0, 7},
                  none[] = {0, 0, 0}, more[] = {500, 500, 0};
    assert_true(mg_texture_divergence(half, more, 3) == 0.0);
    assert_true(mg_texture_divergence(all, other, 3) == 1.0);
    assert_true(mg_texture_divergence(none, none, 3) == 0.0);
    assert_true(mg_texture_divergence(none, half, 3) == 1.0);
    // H(3/4, 1/4) - (H(1, 0) + H(1/2, 1/2)) / 2, with H in bits
    double expected = -(0.75 * log2(0.75) + 0.25 * log2(0.25)) - 0.5;
    assert_true(fabs(mg_texture_divergence(all, half, 3) - expected) < 1e-12);
    assert_true(mg_texture_divergence(all, half, 3) ==
                mg_texture_divergence(half, all, 3));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(similarity_is_that_of_all_pairs_of_windows),
        cmocka_unit_test(a_copy_is_similar_to_the_last_bit),
        cmocka_unit_test(nothing_in_common_is_no_similarity),
        cmocka_unit_test(copies_are_those_found_by_hand),
        cmocka_unit_test(a_planted_passage_is_found_in_its_key),
        cmocka_unit_test(drones_and_silence_are_no_passage),
        cmocka_unit_test(the_automaton_knows_all_stretches),
        cmocka_unit_test(texture_counts_what_is_there),
        cmocka_unit_test(texture_adds_up_over_pieces),
        cmocka_unit_test(divergence_is_that_of_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
