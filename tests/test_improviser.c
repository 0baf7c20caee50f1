// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The improviser: same place, same music; the hand, the modes and the controls.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/improviser.h"
#include "engine/scale.h"
#include "tests/fixture.h"

enum { LOWEST = 36, NOTES = 48, STEPS = 200 };

static const struct mg_shape SHAPE = {.lowest_note = LOWEST,
                                      .notes = NOTES,
                                      .steps_per_quarter = 2,
                                      .time_layers = 1,
                                      .time_units = {8},
                                      .note_layers = 1,
                                      .note_units = {6}};

static const struct mg_hand_keys NO_HAND;

static struct mg_model *model;
static struct mg_controls controls;
static uint8_t played[STEPS][MG_KEYS];
static uint8_t again[STEPS][MG_KEYS];

static struct mg_improviser *
create(const struct mg_improviser_config *config)
{
    GError *error = NULL;
    struct mg_improviser *im = mg_improviser_create(model, config, &error);
    assert_non_null(im);
    mg_controls_init(&controls);
    mg_control_set(&controls, MG_CONTROL_LONGEST, 1000);
    return im;
}

static void
play_step(struct mg_improviser *im, const struct mg_hand_keys *hand, int64_t step,
          uint8_t *cells)
{
    static uint32_t revision;
    revision++;
    mg_improviser_approach(im, step);
    mg_improviser_choose(im, &controls, hand, revision, cells);
    mg_improviser_settle(im, revision);
}

// Plays from `first` up to `end` into rows of those numbers.
static void
play(struct mg_improviser *im, int64_t first, int64_t end, uint8_t rows[][MG_KEYS])
{
    mg_improviser_begin(im, &controls, first, true);
    for (int64_t step = first; step < end; step++)
        play_step(im, &NO_HAND, step, rows[step]);
}

static int
count(const uint8_t *cells, uint8_t bits)
{
    int found = 0;
    for (int key = 0; key < MG_KEYS; key++)
        found += (cells[key] & bits) == bits;
    return found;
}

// Rolled through, reached by a locate to any step, and looped over: the same notes.
static void
test_same_place(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {
        .seed = 5, .repeatable = true, .fill_below = 2};
    struct mg_improviser *im = create(&config);
    play(im, 0, STEPS, played);
    const int64_t places[] = {0, 1, 7, 8, 9, 63, 64, 65, 100, 128, 131, 190};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct mg_improviser *other = create(&config);
        memset(again, 0, sizeof again);
        play(other, places[i], STEPS, again); // nothing kept: caught up from the phrase
        assert_memory_equal(played[places[i]], again[places[i]],
                            (size_t)(STEPS - places[i]) * MG_KEYS);
        mg_improviser_destroy(other);
        for (int pass = 0; pass < 3; pass++) { // a loop of 20 steps
            int64_t end = places[i] + 20 < STEPS ? places[i] + 20 : STEPS;
            memset(again, 0, sizeof again);
            play(im, places[i], end, again);
            assert_memory_equal(played[places[i]], again[places[i]],
                                (size_t)(end - places[i]) * MG_KEYS);
        }
    }
    int notes = 0;
    for (int step = 0; step < STEPS; step++)
        notes += count(played[step], MG_DECIDED_PLAY);
    assert_true(notes > STEPS);
    mg_improviser_destroy(im);
}

// What the hand played on the way is part of the place until its phrase is over.
static void
test_hand_stays_in_phrase(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {.seed = 5, .repeatable = true};
    struct mg_improviser *im = create(&config);
    struct mg_hand_keys hand = {0};
    hand.held[LOWEST + 3] = hand.struck[LOWEST + 3] = true;
    play(im, 0, STEPS, played);
    mg_improviser_begin(im, &controls, 64, false);
    for (int64_t step = 64; step < STEPS; step++)
        play_step(im, step < 80 ? &hand : &NO_HAND, step, again[step]);
    assert_memory_not_equal(played[64], again[64], 64 * MG_KEYS);
    assert_memory_equal(played[128], again[128], (STEPS - 128) * MG_KEYS);
    play(im, 96, 128, played); // with what is remembered
    assert_memory_equal(played[96], again[96], 32 * MG_KEYS);
    mg_improviser_destroy(im);
}

// Without it each pass is new.
static void
test_passes_differ(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {.seed = 5};
    struct mg_improviser *im = create(&config);
    play(im, 0, 64, played);
    play(im, 0, 64, again);
    assert_memory_not_equal(played, again, 64 * MG_KEYS);
    mg_improviser_destroy(im);
}

// A model that plays what it recalls when it is half sure, and nothing else: its one unit on
// each axis is open to that feature alone.
static struct mg_model *
create_parrot(void)
{
    const struct mg_shape shape = {.lowest_note = LOWEST,
                                   .notes = NOTES,
                                   .steps_per_quarter = 2,
                                   .feature_set = MG_FEATURE_SET_FULL,
                                   .time_layers = 1,
                                   .time_units = {1},
                                   .note_layers = 1,
                                   .note_units = {1}};
    enum { INPUT, FORGET, NEW, OUTPUT }; // the gates
    struct mg_model *parrot = mg_model_create(&shape, NULL);
    const struct mg_layout *layout = &parrot->layout;
    const struct mg_lstm *axes[] = {&layout->time[0], &layout->note[0]};
    const int heard[] = {MG_FEATURE_SURELY_PLAYED, 0};
    float *w = parrot->weights;
    for (int a = 0; a < 2; a++) {
        w[axes[a]->bias + INPUT] = w[axes[a]->bias + OUTPUT] = 20;
        w[axes[a]->bias + FORGET] = -20;
        w[axes[a]->weight_ih + (size_t)(NEW * axes[a]->inputs + heard[a])] = 10;
    }
    w[layout->time[0].bias + NEW] = -2.5f;
    w[layout->out_weight] = 30;
    w[layout->out_bias + 1] = 20;
    return parrot;
}

static void
prime_with_phrase(struct mg_roll *prime, int phrase, int steps)
{
    assert_int_equal(mg_roll_init(prime, LOWEST, NOTES, steps), 0);
    for (int t = 0; t < steps; t++)
        mg_roll_row(prime, t)[t % phrase] = MG_CELL_PLAY | MG_CELL_ARTICULATE;
}

// Plays on after two passes of a phrase of so many steps.  Returns the steps until it falls
// silent.
static int
parrot_phrase(int phrase, int repeats)
{
    struct mg_roll prime;
    prime_with_phrase(&prime, phrase, 2 * phrase > 24 ? 2 * phrase : 24);
    const struct mg_improviser_config config = {.seed = 5, .prime = &prime};
    struct mg_improviser *im = create(&config);
    mg_control_set(&controls, MG_CONTROL_REPEATS, (float)repeats);
    memset(played, 0, sizeof played);
    play(im, 0, STEPS, played);
    int step = 0;
    for (; step < STEPS && count(played[step], MG_DECIDED_PLAY) == 1; step++)
        assert_true(played[step][LOWEST + step % phrase]);
    for (int after = step; after < STEPS; after++)
        assert_int_equal(count(played[after], MG_DECIDED_PLAY), 0);
    mg_improviser_destroy(im);
    mg_roll_finish(&prime);
    return step;
}

// A phrase may come again so often; a figure, and a chord that stands, for some time.  It
// takes the first pass and 20 steps to be sure that it does.
static void
test_repetition_ends(void **state)
{
    (void)state;
    enum { SURE = 20, PHRASE = 40, FIGURE = 8, LONGEST_FIGURE = 16, STILL = 8 };
    struct mg_model *kept = model;
    model = create_parrot();
    assert_int_equal(parrot_phrase(PHRASE, 100), STEPS);
    assert_in_range(parrot_phrase(PHRASE, 2), 3 * PHRASE + SURE, 3 * PHRASE + SURE + 4);
    assert_in_range(parrot_phrase(FIGURE, 0), FIGURE + SURE + LONGEST_FIGURE,
                    FIGURE + SURE + LONGEST_FIGURE + 4);
    assert_in_range(parrot_phrase(1, 100), 24, 24 + 2); // still since its first step
    mg_model_destroy(model);
    model = kept;
}

// Silent until the hand plays, and again eight quarter notes after.
static void
test_follows(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {
        .seed = 5, .follows = true, .fill_below = 2};
    struct mg_improviser *im = create(&config);
    struct mg_hand_keys hand = {0};
    hand.held[LOWEST + 3] = hand.struck[LOWEST + 3] = true;
    mg_improviser_begin(im, &controls, 0, true);
    int notes = 0;
    for (int64_t step = 0; step < 80; step++) {
        bool plays = step >= 20 && step < 24;
        play_step(im, plays ? &hand : &NO_HAND, step, played[step]);
        int others = count(played[step], MG_DECIDED_PLAY) - plays;
        if (step < 20 || step > 23 + 16)
            assert_int_equal(others, 0);
        notes += others;
    }
    assert_true(notes > 0);
    mg_improviser_destroy(im);
}

// In a loop the hand's eight quarter notes count as they pass, not by the song's steps.
static void
test_follows_in_a_loop(void **state)
{
    (void)state;
    for (int repeatable = 0; repeatable < 2; repeatable++) {
        const struct mg_improviser_config config = {
            .seed = 5, .follows = true, .fill_below = 2, .repeatable = repeatable};
        struct mg_improviser *im = create(&config);
        struct mg_hand_keys hand = {0};
        hand.held[LOWEST + 3] = hand.struck[LOWEST + 3] = true;
        int answered = 0;
        for (int pass = 0; pass < 3; pass++) {
            mg_improviser_begin(im, &controls, 40, pass == 0);
            for (int64_t step = 40; step < 72; step++) {
                bool plays = pass == 0 && step >= 60 && step < 64;
                play_step(im, plays ? &hand : &NO_HAND, step, played[0]);
                int64_t since = pass * 32 + step - 63;
                int others = count(played[0], MG_DECIDED_PLAY) - plays;
                if (since > 16 || (pass == 0 && step < 60))
                    assert_int_equal(others, 0);
                answered += since > 8 && since <= 16 ? others : 0;
            }
        }
        assert_true(answered > 0); // over the end of the loop, and of a phrase
        mg_improviser_destroy(im);
    }
}

static void
test_split(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {.seed = 5, .lowest_alone = 60};
    struct mg_improviser *im = create(&config);
    struct mg_hand_keys hand = {0};
    hand.held[50] = true;
    mg_improviser_begin(im, &controls, 0, true);
    int above = 0;
    for (int64_t step = 0; step < 64; step++) {
        play_step(im, &hand, step, played[step]);
        for (int key = 0; key < 60; key++)
            assert_int_equal(played[step][key],
                             key == 50 ? MG_DECIDED_PLAY | MG_DECIDED_HELD : 0);
        above += count(played[step], MG_DECIDED_PLAY) - 1;
    }
    assert_true(above > 64);
    mg_improviser_destroy(im);
}

// Transposed, the same music sounds elsewhere; the hand's keys stay where they are.
static void
test_transposition(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {.seed = 5};
    struct mg_improviser *im = create(&config), *other = create(&config);
    play(im, 0, 64, played);
    mg_control_set(&controls, MG_CONTROL_TRANSPOSE, 5);
    play(other, 0, 64, again);
    for (int step = 0; step < 64; step++)
        assert_memory_equal(played[step], again[step] + 5, MG_KEYS - 5);
    struct mg_hand_keys hand = {0};
    hand.held[LOWEST + 20] = true;
    play_step(other, &hand, 64, again[64]);
    assert_int_equal(again[64][LOWEST + 20], MG_DECIDED_PLAY | MG_DECIDED_HELD);
    mg_improviser_destroy(im);
    mg_improviser_destroy(other);
}

// Range and scale hold for every note, also while they are turned.
static void
test_masks(void **state)
{
    (void)state;
    const struct mg_improviser_config config = {.seed = 5, .fill_below = 4};
    struct mg_improviser *im = create(&config);
    mg_improviser_begin(im, &controls, 0, true);
    int notes = 0;
    for (int step = 0; step < 3 * MG_SCALE_COUNT; step++) {
        int scale = step / 3, root = step % 12, lowest = 40 + step % 7,
            highest = 70 - step % 5;
        mg_control_set(&controls, MG_CONTROL_SCALE, (float)scale);
        mg_control_set(&controls, MG_CONTROL_ROOT, (float)root);
        mg_control_set(&controls, MG_CONTROL_LOWEST, (float)highest); // past each other
        mg_control_set(&controls, MG_CONTROL_HIGHEST, (float)lowest);
        play_step(im, &NO_HAND, step, played[0]);
        for (int key = 0; key < MG_KEYS; key++) {
            if (!played[0][key])
                continue;
            notes++;
            assert_in_range(key, lowest, highest);
            assert_true(mg_scale_has(scale, root, key));
        }
    }
    assert_true(notes > 3 * MG_SCALE_COUNT);
    mg_improviser_destroy(im);
}

static int
set_up(void **state)
{
    (void)state;
    model = mg_fixture_model(&SHAPE, 3);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    mg_model_destroy(model);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_place),
        cmocka_unit_test(test_hand_stays_in_phrase),
        cmocka_unit_test(test_passes_differ),
        cmocka_unit_test(test_repetition_ends),
        cmocka_unit_test(test_follows),
        cmocka_unit_test(test_follows_in_a_loop),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_transposition),
        cmocka_unit_test(test_masks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
