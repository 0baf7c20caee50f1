// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer: what it decides, what it hears, and when it skips.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/composer.h"
#include "engine/composer_thread.h"
#include "engine/improviser.h"
#include "engine/msg.h"
#include "engine/scene.h"
#include "tests/fixture.h"

enum { LOWEST = 36, NOTES = 48 };

static const struct mg_shape SHAPE = {.lowest_note = LOWEST,
                                      .notes = NOTES,
                                      .steps_per_quarter = 2,
                                      .time_layers = 1,
                                      .time_units = {8},
                                      .note_layers = 1,
                                      .note_units = {6}};

static const struct mg_improviser_config CONFIG = {.seed = 1};

// A composer with its rings and a scene.
struct desk {
    struct mg_ring requests;
    struct mg_ring decisions;
    struct mg_ring retired;
    struct mg_scene scene;
    struct mg_composer *composer;
    uint32_t generation;
    struct mg_decision decision; // the last one
};

static void
open_desk(struct desk *desk, const struct mg_model *model,
          const struct mg_improviser_config *config)
{
    GError *error = NULL;
    memset(desk, 0, sizeof *desk);
    desk->scene.steps_per_quarter = SHAPE.steps_per_quarter;
    desk->scene.improviser = mg_improviser_create(model, config, &error);
    assert_non_null(desk->scene.improviser);
    mg_controls_init(&desk->scene.controls);
    mg_control_set(&desk->scene.controls, MG_CONTROL_LONGEST, 1000);
    assert_int_equal(mg_ring_init(&desk->retired, sizeof(struct mg_scene *), 2), 0);
    assert_int_equal(mg_ring_init(&desk->requests, sizeof(struct mg_request), 64), 0);
    assert_int_equal(mg_ring_init(&desk->decisions, sizeof(struct mg_decision), 4), 0);
    desk->composer =
        mg_composer_create(&desk->requests, &desk->decisions, &desk->retired);
}

static void
close_desk(struct desk *desk)
{
    mg_composer_destroy(desk->composer);
    mg_improviser_destroy(desk->scene.improviser);
    mg_ring_finish(&desk->retired);
    mg_ring_finish(&desk->requests);
    mg_ring_finish(&desk->decisions);
}

static void
push(struct desk *desk, struct mg_request request)
{
    request.generation = desk->generation;
    request.scene = &desk->scene;
    assert_true(mg_ring_push(&desk->requests, &request));
}

static void
push_start(struct desk *desk, int64_t step, bool fresh)
{
    desk->generation++;
    push(desk,
         (struct mg_request){.type = MG_REQUEST_START, .step = step, .fresh = fresh});
}

static void
push_key(struct desk *desk, int key, bool on)
{
    push(desk,
         (struct mg_request){.type = MG_REQUEST_HEARD, .key = (uint8_t)key, .on = on});
}

// The decision that follows, which must be of `step`.
static const uint8_t *
decide(struct desk *desk, int64_t step)
{
    uint32_t revision = desk->decision.revision;
    assert_true(mg_composer_work(desk->composer));
    assert_true(mg_ring_pop(&desk->decisions, &desk->decision));
    assert_true(desk->decision.revision > revision);
    assert_int_equal(desk->decision.step, step);
    assert_int_equal(desk->decision.generation, desk->generation);
    assert_false(mg_composer_work(desk->composer)); // one for each
    return desk->decision.cells;
}

// `step` has sounded, by the last decision.
static void
push_next(struct desk *desk, int64_t step)
{
    push(desk, (struct mg_request){.type = MG_REQUEST_NEXT,
                                   .step = step + 1,
                                   .struck = desk->decision.revision});
}

static const uint8_t *
reach(struct desk *desk, int64_t step)
{
    push_next(desk, step);
    return decide(desk, step + 1);
}

// Steps first .. first + 31 after a start: (32, MG_KEYS).
static void
play(struct desk *desk, int64_t first, bool fresh, uint8_t cells[32][MG_KEYS])
{
    push_start(desk, first, fresh);
    memcpy(cells[0], decide(desk, first), MG_KEYS);
    for (int i = 1; i < 32; i++)
        memcpy(cells[i], reach(desk, first + i - 1), MG_KEYS);
}

static void
test_seeds_and_passes(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk a, b, c;
    static uint8_t one[32][MG_KEYS], two[32][MG_KEYS], again[32][MG_KEYS];
    struct mg_improviser_config other = CONFIG;
    other.seed = 2;
    open_desk(&a, model, &CONFIG);
    open_desk(&b, model, &CONFIG);
    open_desk(&c, model, &other);
    play(&a, 0, true, one);
    play(&b, 0, true, two);
    assert_memory_equal(one, two, sizeof one); // the same seed
    play(&c, 0, true, two);
    assert_memory_not_equal(one, two, sizeof one); // another
    play(&a, 0, true, again);
    assert_memory_not_equal(one, again, sizeof one); // another pass
    play(&b, 0, true, two);
    assert_memory_equal(again, two, sizeof one); // and the same again
    play(&a, 0, true, one);
    play(&b, 0, false, two);
    assert_memory_not_equal(one, two, sizeof one); // b remembers
    close_desk(&a);
    close_desk(&b);
    close_desk(&c);
    mg_model_destroy(model);
}

static void
test_range(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk;
    static uint8_t cells[32][MG_KEYS];
    int sounding = 0;
    open_desk(&desk, model, &CONFIG);
    play(&desk, 7, true, cells);
    for (int t = 0; t < 32; t++)
        for (int key = 0; key < MG_KEYS; key++) {
            bool inside = key >= LOWEST && key < LOWEST + NOTES;
            assert_true(inside || cells[t][key] == 0);
            assert_true(cells[t][key] != MG_DECIDED_ARTICULATE); // struck: it plays
            sounding += cells[t][key] != 0;
        }
    assert_true(sounding > 0);
    close_desk(&desk);
    mg_model_destroy(model);
}

static void
test_hand(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk;
    const uint8_t held = MG_DECIDED_PLAY | MG_DECIDED_HELD;
    open_desk(&desk, model, &CONFIG);
    push_start(&desk, 0, true);
    decide(&desk, 0);
    reach(&desk, 0);
    push_key(&desk, 50, true);
    push_key(&desk, 52, true); // tapped
    push_key(&desk, 52, false);
    push_key(&desk, 20, true); // below the model
    const uint8_t *cells = reach(&desk, 1);
    assert_int_equal(cells[50], held | MG_DECIDED_ARTICULATE);
    assert_int_equal(cells[52], held | MG_DECIDED_ARTICULATE);
    assert_int_equal(cells[20], 0);
    cells = reach(&desk, 2);
    assert_int_equal(cells[50], held);
    assert_false(cells[52] & MG_DECIDED_HELD);
    push_key(&desk, 50, false);
    push_key(&desk, 50, true); // struck again
    cells = reach(&desk, 3);
    assert_int_equal(cells[50], held | MG_DECIDED_ARTICULATE);
    push_key(&desk, 50, false);
    cells = reach(&desk, 4);
    assert_false(cells[50] & MG_DECIDED_HELD);
    close_desk(&desk);
    mg_model_destroy(model);
}

// A decision made anew because of the hand.
static const uint8_t *
again(struct desk *desk, int64_t step)
{
    return decide(desk, step);
}

// Each time the hand changes before a step sounds, the step is decided anew, by the same
// random numbers; what was played before is told apart from what came too late.
static void
test_decides_again(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk, other;
    const uint8_t struck = MG_DECIDED_PLAY | MG_DECIDED_HELD | MG_DECIDED_ARTICULATE;
    uint8_t first[MG_KEYS];
    open_desk(&desk, model, &CONFIG);
    open_desk(&other, model, &CONFIG);
    push_start(&desk, 0, true);
    decide(&desk, 0);
    memcpy(first, reach(&desk, 0), MG_KEYS);
    push_key(&desk, 50, true);
    assert_int_equal(again(&desk, 1)[50], struck);
    assert_int_equal(desk.decision.heard, 1);
    push_key(&desk, 50, false); // a tap counts all the same
    assert_int_equal(again(&desk, 1)[50], struck);
    uint32_t sounded = desk.decision.revision;
    // Too late: the step sounds without it, and it counts for the next one.
    push_key(&desk, 52, true);
    again(&desk, 1);
    assert_int_equal(desk.decision.heard, 2);
    push(&desk,
         (struct mg_request){.type = MG_REQUEST_NEXT, .step = 2, .struck = sounded});
    const uint8_t *cells = decide(&desk, 2);
    assert_int_equal(cells[52], struck);
    assert_false(cells[50] & MG_DECIDED_HELD);
    // Had the hand let go of all in time, nothing would be other than without it.
    push_start(&other, 0, true);
    decide(&other, 0);
    reach(&other, 0);
    assert_memory_equal(first, other.decision.cells, MG_KEYS);
    for (int i = 0; i < 20; i++) { // held and let go of in the same breath: no stroke
        push_key(&other, 50, false);
        assert_memory_equal(first, again(&other, 1), MG_KEYS);
    }
    close_desk(&desk);
    close_desk(&other);
    mg_model_destroy(model);
}

// What is decided next goes on from what has sounded, not from what was decided last.
static void
test_goes_on_from_what_sounded(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    static uint8_t rows[3][40][MG_KEYS];
    for (int way = 0; way < 3; way++) {
        struct desk desk;
        open_desk(&desk, model, &CONFIG);
        push_start(&desk, 0, true);
        decide(&desk, 0);
        for (int64_t step = 0; step < 40; step++) {
            uint32_t sounded = desk.decision.revision;
            if (way > 0) { // a key that comes after the step was played, and goes
                push_key(&desk, LOWEST + 1, true);
                again(&desk, step);
                push_key(&desk, LOWEST + 1, false);
                again(&desk, step);
            }
            if (way == 2)
                sounded = desk.decision.revision;
            push(&desk, (struct mg_request){.type = MG_REQUEST_NEXT,
                                            .step = step + 1,
                                            .struck = sounded});
            memcpy(rows[way][step], decide(&desk, step + 1), MG_KEYS);
        }
        close_desk(&desk);
    }
    // A late key is a key of the next step, so the music differs from none at all.
    assert_memory_not_equal(rows[0], rows[1], sizeof rows[0]);
    assert_memory_not_equal(rows[1], rows[2], sizeof rows[0]);
    mg_model_destroy(model);
}

// What was tapped while nothing played is not all struck at once when it goes on.
static void
test_taps_in_a_pause(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk;
    const uint8_t struck = MG_DECIDED_PLAY | MG_DECIDED_HELD | MG_DECIDED_ARTICULATE;
    open_desk(&desk, model, &CONFIG);
    for (int tap = 0; tap < 2;
         tap++) { // before the start, then between it and the roll
        for (int key = 40; key < 60; key++) {
            push_key(&desk, key, true);
            if (key != 50)
                push_key(&desk, key, false);
        }
        const uint8_t *cells;
        if (tap == 0) {
            push_start(&desk, 0, true);
            cells = decide(&desk, 0);
        } else {
            cells = reach(&desk, 0);
        }
        for (int key = 40; key < 60; key++)
            if (key == 50)
                assert_int_equal(cells[key], struck);
            else
                assert_false(cells[key] & MG_DECIDED_HELD);
    }
    close_desk(&desk);
    mg_model_destroy(model);
}

// The hand changes what the network chooses in the same step, above the key it plays.
static void
test_hand_is_heard(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk a, b;
    int differ = 0;
    open_desk(&a, model, &CONFIG);
    open_desk(&b, model, &CONFIG);
    for (int i = 0; i < 50; i++) { // first steps: the same past
        push_start(&a, 0, true);
        push_start(&b, 0, true);
        push_key(&b, LOWEST + 10, true);
        const uint8_t *x = decide(&a, 0);
        const uint8_t *y = decide(&b, 0);
        assert_memory_equal(x + LOWEST, y + LOWEST, 10); // below: not yet known
        differ += memcmp(x + LOWEST + 11, y + LOWEST + 11, NOTES - 11) != 0;
    }
    assert_true(differ > 0);
    close_desk(&a);
    close_desk(&b);
    mg_model_destroy(model);
}

static void
test_skips_and_stale(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk;
    open_desk(&desk, model, &CONFIG);
    push_start(&desk, 4, true);
    decide(&desk, 4);
    push_next(&desk, 4);
    push_next(&desk, 5);
    reach(&desk, 6); // behind: only the newest is decided
    push_next(&desk, 7);
    push_start(&desk, 0, false);
    push_start(&desk, 20, false); // only the last start counts
    decide(&desk, 20);
    struct mg_request stale = {
        .type = MG_REQUEST_NEXT, .generation = desk.generation - 1, .step = 50};
    assert_true(mg_ring_push(&desk.requests, &stale));
    assert_false(mg_composer_work(desk.composer));
    close_desk(&desk);
    mg_model_destroy(model);
}

static void
test_full_decisions(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk;
    open_desk(&desk, model, &CONFIG);
    push_start(&desk, 0, true);
    for (int64_t step = 0; step < 5; step++) { // nobody takes them: room for four
        assert_true(mg_composer_work(desk.composer));
        if (step < 4)
            push_next(&desk, step);
    }
    for (int i = 0; i < 4; i++)
        assert_true(mg_ring_pop(&desk.decisions, &desk.decision));
    assert_true(mg_composer_work(desk.composer));
    assert_true(mg_ring_pop(&desk.decisions, &desk.decision)); // the fifth, late
    assert_int_equal(desk.decision.step, 4);
    close_desk(&desk);
    mg_model_destroy(model);
}

static void
test_prime(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct mg_roll roll[2] = {{0}};
    struct desk desk[2];
    static uint8_t cells[2][32][MG_KEYS];
    for (int i = 0; i < 2; i++) {
        struct mg_improviser_config config = CONFIG;
        mg_fixture_roll(&roll[i], LOWEST, NOTES, 16, (uint64_t)i + 1);
        config.prime = &roll[i];
        open_desk(&desk[i], model, &config);
        play(&desk[i], 0, true, cells[i]);
        for (int t = 0; t < 16; t++)
            assert_memory_equal(cells[i][t] + LOWEST, mg_roll_row(&roll[i], t), NOTES);
    }
    assert_memory_not_equal(cells[0][16], cells[1][16], sizeof cells[0] / 2); // heard
    for (int i = 0; i < 2; i++) {
        close_desk(&desk[i]);
        mg_roll_finish(&roll[i]);
    }
    mg_model_destroy(model);
}

// A model that knows only its output bias.
static struct mg_model *
constant_model(float play, float articulate)
{
    struct mg_model *model = mg_model_create(&SHAPE, NULL);
    assert_non_null(model);
    model->weights[model->layout.out_bias] = play;
    model->weights[model->layout.out_bias + 1] = articulate;
    return model;
}

static void
test_longest_note(void **state)
{
    (void)state;
    struct mg_model *model = constant_model(30.0f, -30.0f); // plays all, strikes none
    struct desk desk;
    static uint8_t cells[32][MG_KEYS];
    open_desk(&desk, model, &CONFIG);
    mg_control_set(&desk.scene.controls, MG_CONTROL_LONGEST, 2.5f);
    play(&desk, 0, true, cells);
    for (int t = 0; t < 32; t++)
        for (int i = 0; i < NOTES; i++)
            assert_int_equal(cells[t][LOWEST + i], t % 6 == 5 ? 0 : MG_DECIDED_PLAY);
    close_desk(&desk);
    mg_model_destroy(model);
}

static int
count_notes(const struct mg_model *model, int fill_below)
{
    struct mg_improviser_config config = CONFIG;
    struct desk desk;
    static uint8_t cells[32][MG_KEYS];
    int notes = 0;
    config.fill_below = fill_below;
    open_desk(&desk, model, &config);
    for (int pass = 0; pass < 4; pass++) {
        play(&desk, 32 * pass, pass == 0, cells);
        for (int t = 0; t < 32; t++)
            for (int key = 0; key < MG_KEYS; key++)
                notes += cells[t][key] & MG_DECIDED_PLAY;
    }
    close_desk(&desk);
    return notes;
}

static void
test_fill(void **state)
{
    (void)state;
    struct mg_model *model = constant_model(-12.0f, 0.0f); // 6 in a million
    assert_int_equal(count_notes(model, 0), 0);
    int filled = count_notes(model, 2); // 128 steps
    assert_true(filled > 16 && filled < 2 * 128);
    mg_model_destroy(model);
}

static void
test_thread(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct desk desk;
    GError *error = NULL;
    sem_t wake;
    open_desk(&desk, model, &CONFIG);
    sem_init(&wake, 0, 0);
    struct mg_composer_thread *thread =
        mg_composer_thread_start(desk.composer, &wake, &error);
    assert_non_null(thread);
    push_start(&desk, 0, true);
    for (int64_t step = 0; step < 50; step++) {
        sem_post(&wake);
        assert_true(mg_composer_thread_wait(thread));
        assert_true(mg_ring_pop(&desk.decisions, &desk.decision));
        assert_int_equal(desk.decision.step, step);
        push_next(&desk, step);
    }
    sem_post(&wake);
    assert_true(mg_composer_thread_wait(thread));
    mg_composer_thread_stop(thread);
    sem_destroy(&wake);
    close_desk(&desk);
    mg_model_destroy(model);
}

// As main does: a scene that is over is freed as soon as it comes.
static gpointer
free_what_is_over(gpointer context)
{
    struct desk *desk = context;
    struct mg_scene *over;
    while (!mg_ring_pop(&desk->retired, &over))
        continue;
    g_assert_true(over == &desk->scene);
    mg_improviser_destroy(over->improviser);
    over->improviser = NULL;
    return NULL;
}

// The next scene begins in the very batch of requests that the first one ends in: it
// inherits from that one before it is let go.
static void
test_over_and_begun_at_once(void **state)
{
    (void)state;
    struct mg_model *model = mg_fixture_model(&SHAPE, 3);
    struct mg_improviser_config config = CONFIG;
    config.repeatable = true; // to begin in the middle of a phrase takes long
    for (int round = 0; round < 20; round++) {
        struct desk desk;
        open_desk(&desk, model, &CONFIG);
        struct mg_scene next = desk.scene;
        next.improviser = mg_improviser_create(model, &config, NULL);
        GThread *main = g_thread_new("main", free_what_is_over, &desk);
        push_start(&desk, 0, true);
        decide(&desk, 0);
        desk.generation++;
        struct mg_request start = {.type = MG_REQUEST_START,
                                   .generation = desk.generation,
                                   .step = 60,
                                   .scene = &next};
        assert_true(mg_ring_push(&desk.requests, &start));
        push(&desk, (struct mg_request){.type = MG_REQUEST_RETIRE});
        decide(&desk, 60);
        g_thread_join(main);
        mg_improviser_destroy(next.improviser);
        close_desk(&desk);
    }
    mg_model_destroy(model);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds_and_passes),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_hand),
        cmocka_unit_test(test_decides_again),
        cmocka_unit_test(test_goes_on_from_what_sounded),
        cmocka_unit_test(test_taps_in_a_pause),
        cmocka_unit_test(test_hand_is_heard),
        cmocka_unit_test(test_skips_and_stale),
        cmocka_unit_test(test_full_decisions),
        cmocka_unit_test(test_prime),
        cmocka_unit_test(test_longest_note),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_thread),
        cmocka_unit_test(test_over_and_begun_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
