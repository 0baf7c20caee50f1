// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What is recalled: a phrase that returns, whatever came between, up to the end of memory.
// tests/reference.c has the sums once more.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <string.h>

#include "model/random.h"
#include "model/recall.h"
#include "model/roll.h"

enum { NOTES = 100, VOICES = 4, LEVEL = 1 << MG_HEARD_LEVEL };

static struct mg_recall recall;
static uint16_t heard[NOTES];

// A chord that belongs to a number, moved by some semitones; its lowest note is struck.
static void
chord_of(uint32_t number, int transpose, uint8_t *state)
{
    struct mg_random r = mg_random_at(1, MG_RANDOM_ORDER, number, 0, 0);
    memset(state, 0, NOTES);
    for (int i = 0; i < VOICES; i++)
        state[10 + 20 * i + (int)(r.word[i] % 17) + transpose] = MG_CELL_PLAY;
    state[10 + (int)(r.word[0] % 17) + transpose] |= MG_CELL_ARTICULATE;
}

static void
hear(uint32_t number, int transpose)
{
    uint8_t state[NOTES];
    chord_of(number, transpose, state);
    mg_recall_listen(&recall, NOTES, state, heard);
}

static void
hear_phrase(uint32_t first, int steps)
{
    for (int i = 0; i < steps; i++)
        hear(first + (uint32_t)i, 0);
}

// 0..15, the same in all cells.
static int
level(void)
{
    for (int n = 0; n < NOTES; n++)
        assert_int_equal(heard[n] / LEVEL & MG_HEARD_LEVELS,
                         heard[0] / LEVEL & MG_HEARD_LEVELS);
    return heard[0] / LEVEL & MG_HEARD_LEVELS;
}

static int
is_recalled(uint32_t number, int transpose)
{
    uint8_t state[NOTES];
    chord_of(number, transpose, state);
    for (int n = 0; n < NOTES; n++)
        if (!!(heard[n] & MG_HEARD_PLAY) != !!(state[n] & MG_CELL_PLAY) ||
            !!(heard[n] & MG_HEARD_ARTICULATE) != !!(state[n] & MG_CELL_ARTICULATE))
            return 0;
    return 1;
}

static int
begin(void **unused)
{
    (void)unused;
    recall = (struct mg_recall){0};
    return 0;
}

static void
a_phrase_is_recalled(void **unused)
{
    (void)unused;
    hear_phrase(0, 20);
    assert_false(is_recalled(20, 0));
    hear_phrase(1000, 37); // something else
    int last = 0;
    for (uint32_t i = 0; i < 19; i++) {
        hear(i, 0);
        if (i >= 4)
            assert_true(is_recalled(i + 1, 0));
        if (i >= 4) // it takes some steps to be sure
            assert_true(level() >= last);
        last = level();
    }
    assert_true(last >= 6);
}

// Of a period the shortest distance counts, here 8 steps; one of 3 is as good as heard.
static void
certainty_is_reached(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < 100; i++)
        hear(i % 8, 0);
    assert_int_equal(level(), MG_HEARD_LEVELS);
    assert_true(is_recalled(100 % 8, 0));
}

// Counted in steps, from when it is sure until something else comes.
static void
repetition_is_counted(void **unused)
{
    (void)unused;
    int last = 0;
    for (uint32_t i = 0; i < 60; i++) {
        hear(i % 8, 0);
        assert_int_equal(recall.repeating, level() >= MG_HEARD_SURE ? last + 1 : 0);
        last = recall.repeating;
    }
    assert_in_range(recall.repeating, 60 - 8 - 24, 60 - 8 - 16);
    for (uint32_t i = 0; i < 4; i++)
        hear(9000 + i, 0);
    assert_int_equal(recall.repeating, 0);
}

static void
a_change_breaks_certainty(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < 96; i++)
        hear(i % 8, 0);
    hear(5000, 0);
    assert_true(level() < 8 && level() > 2);
    assert_true(is_recalled(97 % 8, 0)); // but the phrase may go on
}

static void
silence_is_like_nothing(void **unused)
{
    (void)unused;
    uint8_t silence[NOTES] = {0};
    for (int i = 0; i < 200; i++)
        mg_recall_listen(&recall, NOTES, silence, heard);
    for (int n = 0; n < NOTES; n++)
        assert_int_equal(heard[n], 0);
}

static void
the_key_does_not_matter(void **unused)
{
    (void)unused;
    struct mg_recall in_c, in_d;
    int levels[64];
    for (int transpose = 0; transpose <= 2; transpose += 2) {
        recall = (struct mg_recall){0};
        for (uint32_t i = 0; i < 64; i++) {
            hear(i % 11 * (i % 3), transpose);
            if (transpose)
                assert_int_equal(level(), levels[i]);
            levels[i] = level();
        }
        *(transpose ? &in_d : &in_c) = recall;
    }
    assert_memory_equal(in_c.likeness, in_d.likeness, sizeof in_c.likeness);
}

// What lies 1023 steps back is remembered, what lies 1024 back is not; and a memory that
// has gone round a few times works as a new one.
static void
memory_ends(void **unused)
{
    (void)unused;
    enum { PHRASE = 16 };
    hear_phrase(0, 3 * MG_RECALL_MOST + 5);
    for (int period = MG_RECALL_MOST - 1; period <= MG_RECALL_MOST; period++) {
        hear_phrase(100000, PHRASE + 1);
        hear_phrase(200000 + 10000 * (uint32_t)period, period - PHRASE - 1);
        hear_phrase(100000, PHRASE);
        assert_int_equal(is_recalled(100000 + PHRASE, 0), period < MG_RECALL_MOST);
    }
}

// The cells that are heard keep the state.
static void
the_state_is_kept(void **unused)
{
    (void)unused;
    uint8_t state[NOTES];
    for (uint32_t i = 0; i < 32; i++) {
        hear(i % 5, 0);
        chord_of(i % 5, 0, state);
        for (int n = 0; n < NOTES; n++)
            assert_int_equal(heard[n] & (MG_CELL_PLAY | MG_CELL_ARTICULATE), state[n]);
    }
}

// What was played at each distance before the step to come.
static void
distances_are_heard(void **unused)
{
    (void)unused;
    static const uint32_t AGO[MG_DISTANCES] = {12, 16, 24, 32, 48, 64, 96, 128};
    uint8_t state[NOTES];
    for (uint32_t t = 0; t < 200; t++) {
        hear(t, 0);
        for (int d = 0; d < MG_DISTANCES; d++) {
            memset(state, 0, sizeof state);
            if (t + 1 >= AGO[d])
                chord_of(t + 1 - AGO[d], 0, state);
            for (int n = 0; n < NOTES; n++)
                assert_int_equal(heard[n] >> (MG_HEARD_AGO + d) & 1,
                                 state[n] & MG_CELL_PLAY);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_phrase_is_recalled, begin),
        cmocka_unit_test_setup(certainty_is_reached, begin),
        cmocka_unit_test_setup(repetition_is_counted, begin),
        cmocka_unit_test_setup(a_change_breaks_certainty, begin),
        cmocka_unit_test_setup(silence_is_like_nothing, begin),
        cmocka_unit_test_setup(the_key_does_not_matter, begin),
        cmocka_unit_test_setup(memory_ends, begin),
        cmocka_unit_test_setup(the_state_is_kept, begin),
        cmocka_unit_test_setup(distances_are_heard, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
