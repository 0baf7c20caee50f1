// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Random sequences of everything that can happen to the real-time core: each note-on
// has its note-off, events are in order, and nothing sounds one cycle after a stop or
// at the end.
//
// MG_SEQUENCES in the environment sets how many (20,000).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/stage.h"

enum { SEQUENCES = 20000, ACTIONS = 40 };

// xorshift64 (Marsaglia 2003): the same on every machine.
static uint64_t random_state;

static uint32_t
draw(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % limit;
}

// Any cells, sparse or dense, the same for the same step.
static void
score(int64_t step, uint8_t *cells)
{
    uint64_t x = (uint64_t)step * 0x9e3779b97f4a7c15ULL + 1;
    for (int key = 0; key < MG_KEYS; key++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        uint32_t value = (uint32_t)(x >> 40);
        cells[key] = value % 8 == 0 || step % 7 == 0 ? (value >> 8) & 7 : 0;
    }
}

static void
play_hand(struct mg_stage *stage)
{
    int count = (int)draw(12);
    for (int i = 0; i < count; i++) {
        int status = draw(2) ? 0x90 : draw(2) ? 0x80 : (int)draw(256);
        mg_stage_play(stage, draw(200), status | (int)draw(16), (int)draw(140),
                      (int)draw(140));
    }
}

static void
set_bbt(struct mg_stage *stage)
{
    struct mg_transport *t = &stage->transport;
    t->has_bbt = draw(2);
    t->bar = (int32_t)draw(100) - 2;
    t->beat = (int32_t)draw(6);
    t->tick = draw(2000);
    t->bar_start_tick = draw(2) ? 0 : draw(1000000);
    t->ticks_per_beat = draw(8) ? 1920 : 0;
    t->beats_per_minute = draw(8) ? (double)draw(1100) : -1.0;
    t->beats_per_bar = 4;
    t->beat_type = draw(4) ? 4 : 8;
}

// Every control on a controller of its own.
static void
make_scene(struct mg_scene *scene)
{
    mg_stage_make_scene(scene, 1 + (int)draw(24), 1 + draw(999), (int)draw(16));
    scene->beats_per_bar = 1 + draw(7);
    scene->beat_type = 1 << draw(4);
    for (int i = 0; i <= MG_CONTROL_NEXT; i++)
        mg_controls_bind(&scene->controls, (enum mg_control)i, -1, i);
}

// The scenes that have come, one after the other.
static struct mg_scene scenes[2];
static int scenes_made;

static void
offer_scene(struct mg_stage *stage)
{
    if (scenes_made > 1 && !stage->retired) // the last one has not begun
        return;
    stage->retired = NULL;
    struct mg_scene *scene = &scenes[scenes_made++ % 2];
    make_scene(scene);
    mg_rt_offer(stage->rt, scene);
}

// One thing that happens.
static void
act(struct mg_stage *stage)
{
    static const uint32_t CYCLES[] = {1, 16, 64, 1024, 8192, 20000};
    switch (draw(14)) {
    case 0:
        stage->transport.rolling = !stage->transport.rolling;
        break;
    case 1: // locate
        stage->transport.frame = draw(2) ? draw(10000000) : (uint32_t)random_state;
        break;
    case 2: // loop
        stage->transport.frame -= draw(20000);
        break;
    case 3:
        set_bbt(stage);
        break;
    case 4:
        stage->frames = CYCLES[draw(6)];
        break;
    case 5:
        stage->rate_hz = draw(4) ? 48000 : 8000 + draw(184000);
        break;
    case 6:
        stage->asleep = !stage->asleep;
        break;
    case 7:
        stage->out_capacity = draw(2) ? (int)draw(200) : MG_STAGE_EVENTS;
        break;
    case 8:
        mg_rt_command(stage->rt, MG_RT_PANIC);
        break;
    case 9:
        stage->freewheel = !stage->freewheel;
        break;
    case 10:
        play_hand(stage);
        break;
    case 11:
        mg_stage_play(stage, 0, 0xb0 | (int)draw(16), (int)draw(MG_CONTROL_NEXT + 1),
                      (int)draw(128));
        break;
    case 12:
        offer_scene(stage);
        break;
    default:
        stage->transport.rolling = true;
    }
}

static int
ours_sounding(const struct mg_stage *stage)
{
    return stage->rt->ours.count;
}

static void
run_sequence(int number)
{
    static struct mg_stage stage; // large
    random_state = 0x2545f4914f6cdd1dU + (uint64_t)number * 0x9e3779b97f4a7c15U;
    make_scene(&scenes[0]);
    scenes_made = 1;
    struct mg_rt_config config = {
        .scene = &scenes[0],
        .thru = draw(2),
        .free_run = draw(8) == 0,
        .record = draw(2),
    };
    mg_stage_open(&stage, &config, score);
    for (int i = 0; i < ACTIONS; i++) {
        act(&stage);
        mg_stage_cycles(&stage, 1 + (int)draw(6));
        bool room = stage.out_capacity == MG_STAGE_EVENTS;
        if (room && !stage.transport.rolling && !config.free_run)
            assert_int_equal(ours_sounding(&stage), 0);
        assert_int_equal(stage.sounding, stage.rt->ours.count + stage.rt->thru.count);
    }
    stage.out_capacity = MG_STAGE_EVENTS;
    mg_rt_command(stage.rt, MG_RT_QUIT);
    play_hand(&stage);
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    assert_true(mg_rt_is_quiet(stage.rt));
    play_hand(&stage); // a quitting instrument is silent
    mg_stage_cycles(&stage, 2);
    assert_int_equal(stage.sounding, 0);
    assert_int_equal(stage.faults, 0);
    assert_int_equal(stage.notes_on, stage.notes_off);
    mg_stage_close(&stage);
}

static void
test_sequences(void **state)
{
    (void)state;
    const char *text = getenv("MG_SEQUENCES");
    int sequences = text ? atoi(text) : SEQUENCES;
    for (int i = 0; i < sequences; i++)
        run_sequence(i);
}

// The stage itself must notice: a fault that is planted is found.
static void
test_stage_notices(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_rt_config config = {0};
    mg_stage_open(&stage, &config, score);
    mg_stage_cycles(&stage, 2);
    stage.transport.rolling = true;
    mg_stage_cycle(&stage);
    assert_true(stage.sounding > 0);
    stage.rt->ours.count = 0; // as if the ledger were lost
    for (int key = 0; key < MG_KEYS; key++)
        stage.rt->ours.sounding[key] = 0;
    stage.transport.rolling = false;
    mg_stage_cycle(&stage);
    assert_true(stage.sounding > 0);
    stage.transport.rolling = true;
    stage.transport.frame = 0;
    mg_stage_cycles(&stage, 2);
    assert_true(stage.faults > 0);
    mg_stage_close(&stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stage_notices),
        cmocka_unit_test(test_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
