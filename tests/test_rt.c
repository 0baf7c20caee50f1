// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core against arrays, to the bit; after every scene nothing sounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/stage.h"

// 6000 frames a step: eighths at 240 BPM and 48 kHz.
static const struct mg_rt_config CONFIG = {0};
enum { STEP = 6000 };

// Key 60 is struck at every step; 64 sounds from step 4n to 4n + 2; 67 on odd steps.
static void
score(int64_t step, uint8_t *cells)
{
    cells[60] = MG_DECIDED_PLAY | MG_DECIDED_ARTICULATE;
    if (step % 4 != 3)
        cells[64] = MG_DECIDED_PLAY | (step % 4 == 0 ? MG_DECIDED_ARTICULATE : 0);
    if (step % 2)
        cells[67] = MG_DECIDED_PLAY;
}

static void
full_score(int64_t step, uint8_t *cells)
{
    (void)step;
    memset(cells, MG_DECIDED_PLAY | MG_DECIDED_ARTICULATE, MG_KEYS);
}

static void
open_rolling(struct mg_stage *stage, const struct mg_rt_config *config)
{
    mg_stage_open(stage, config, score);
    mg_stage_cycles(stage, 2);
    stage->transport.rolling = true;
}

// Runs to the cycle that ends with `frame` of the song (a multiple of the cycle).
static void
run_to(struct mg_stage *stage, uint32_t frame)
{
    while (stage->transport.frame != frame)
        mg_stage_cycle(stage);
}

static void
assert_event(const struct mg_stage *stage, int i, uint32_t frame, int status, int key)
{
    assert_true(i < stage->out_count);
    assert_int_equal(stage->out[i].frame, frame);
    assert_int_equal(stage->out[i].data[0], status);
    assert_int_equal(stage->out[i].data[1], key);
}

// Stops, and finds that nothing sounds.
static void
end_scene(struct mg_stage *stage)
{
    stage->transport.rolling = false;
    mg_stage_cycle(stage);
    assert_int_equal(stage->sounding, 0);
    mg_rt_command(stage->rt, MG_RT_QUIT);
    mg_stage_cycles(stage, 2);
    assert_int_equal(stage->sounding, 0);
    assert_true(mg_rt_is_quiet(stage->rt));
    assert_int_equal(stage->faults, 0);
    assert_int_equal(stage->notes_on, stage->notes_off);
    const struct mg_counters *counters = &stage->rt->counters;
    assert_int_equal(mg_count_get(&counters->notes_on), stage->notes_on);
    assert_int_equal(mg_count_get(&counters->notes_off), stage->notes_off);
    assert_int_equal(mg_count_get(&counters->sounding), 0);
    mg_stage_close(stage);
}

static void
test_start_and_steps(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    assert_int_equal(stage.starts, 1);
    assert_true(stage.fresh);
    mg_stage_cycle(&stage); // step 0 at frame 0
    assert_int_equal(stage.out_count, 2);
    assert_event(&stage, 0, 0, 0x93, 60);
    assert_event(&stage, 1, 0, 0x93, 64);
    assert_int_equal(stage.out[0].data[2], 80);
    run_to(&stage, 5952); // step 1 at 6000 = 5952 + 48
    assert_int_equal(stage.out_count, 0);
    mg_stage_cycle(&stage);
    assert_int_equal(stage.out_count, 3); // 60 struck again, 64 goes on, 67 begins
    assert_event(&stage, 0, 48, 0x83, 60);
    assert_event(&stage, 1, 48, 0x93, 60);
    assert_event(&stage, 2, 48, 0x93, 67);
    run_to(&stage, 64 * 375); // past step 3 at 18000 = 281 * 64 + 16
    assert_int_equal(stage.sounding, 2);
    assert_true(stage.sounds[3][60] && stage.sounds[3][67]);
    assert_int_equal(mg_count_get(&stage.rt->counters.steps), 4);
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 0);
    end_scene(&stage);
}

static void
test_stop_releases(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    mg_stage_cycles(&stage, 3);
    assert_int_equal(stage.sounding, 2);
    stage.transport.rolling = false;
    mg_stage_cycle(&stage);
    assert_int_equal(stage.out_count, 2);
    assert_event(&stage, 0, 0, 0x83, 60);
    assert_event(&stage, 1, 0, 0x83, 64);
    mg_stage_cycles(&stage, 10);
    assert_int_equal(stage.start_step, 1); // where it would go on
    assert_false(stage.fresh);
    mg_stage_cycles(&stage, 24000 / 64); // half a second: a new beginning
    assert_true(stage.fresh);
    assert_int_equal(stage.start_step, 1);
    end_scene(&stage);
}

static void
test_locate_while_rolling(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    mg_stage_cycles(&stage, 3);
    stage.transport.frame = 8 * STEP - 10; // step 8 in 10 frames
    mg_stage_cycle(&stage);
    assert_int_equal(stage.out_count, 2); // released; step 8 is not decided yet
    assert_event(&stage, 0, 0, 0x83, 60);
    assert_event(&stage, 1, 0, 0x83, 64);
    assert_int_equal(stage.sounding, 0);
    mg_stage_cycle(&stage); // now it is: struck in the next cycle
    assert_false(stage.fresh);
    assert_int_equal(stage.start_step, 8);
    assert_int_equal(stage.out_count, 2);
    assert_event(&stage, 0, 0, 0x93, 60);
    assert_int_equal(mg_count_get(&stage.rt->counters.delayed_steps), 1);
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 0);
    end_scene(&stage);
}

static void
test_loop(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    for (int i = 0; i < 20; i++) { // a loop of two and a half steps
        stage.transport.frame = 0;
        run_to(&stage, 64 * 234);
        assert_int_equal(stage.sounding, 2);
    }
    assert_int_equal(mg_count_get(&stage.rt->counters.steps), 60);
    for (int i = 0; i < 50; i++) { // and one shorter than a step
        stage.transport.frame = 200 * 64;
        run_to(&stage, 220 * 64);
        assert_int_equal(stage.sounding, 0);
    }
    end_scene(&stage);
}

static void
test_late_decision(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    mg_stage_cycles(&stage, 3);
    mg_stage_compose(&stage); // decides step 1
    stage.asleep = true;
    run_to(&stage, 64 * 280); // steps 1 and 2 pass; 2 is late
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 1);
    assert_int_equal(stage.sounding, 3); // as step 1 left them
    stage.asleep = false;                // finds what it missed, and goes on
    run_to(&stage, 64 * 380);            // step 3 at 18000, step 4 at 24000 = 375 * 64
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 1);
    assert_int_equal(stage.sounding, 2);
    assert_true(stage.sounds[3][60] && stage.sounds[3][64]);
    end_scene(&stage);
}

// A decision of the generation before, though of the right step, is not struck.
static void
test_stale_decision(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    mg_stage_cycles(&stage, 3);
    stage.asleep = true;
    struct mg_decision stale = {.generation = stage.generation, .step = 4};
    full_score(4, stale.cells);
    stage.transport.frame = 4 * STEP;
    mg_stage_cycle(&stage); // opens the next generation
    assert_true(mg_ring_push(&stage.rt->decisions, &stale));
    mg_stage_cycles(&stage, 5);
    assert_int_equal(stage.sounding, 0);
    end_scene(&stage);
}

static void
test_first_step_too_late(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    stage.transport.frame = 4 * STEP;
    stage.asleep = true;
    mg_stage_cycles(&stage, 1500 / 64 + 2); // a quarter of a step and more
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 1);
    stage.asleep = false;
    mg_stage_cycles(&stage, 2);
    assert_int_equal(stage.sounding, 0); // too late to strike it
    mg_stage_cycles(&stage, STEP / 64);
    assert_int_equal(stage.decided, 6);
    assert_int_equal(stage.sounding, 3); // step 5, with 64 which step 4 began
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 1);
    end_scene(&stage);
}

// The request that the composer would get last.
static struct mg_request
last_request(struct mg_stage *stage)
{
    struct mg_request request = {0};
    while (mg_ring_pop(&stage->rt->requests, &request))
        continue;
    return request;
}

// When a delayed step has sounded, the next one is asked for, and told what sounded.
static void
test_delayed_goes_on(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    mg_stage_cycles(&stage, 3);
    stage.asleep = true;
    stage.transport.frame = 8 * STEP - 10;
    mg_stage_cycles(&stage, 11); // opens, and ten cycles without an answer
    stage.asleep = false;
    mg_stage_compose(&stage);
    stage.asleep = true;
    mg_stage_cycle(&stage);
    assert_int_equal(mg_count_get(&stage.rt->counters.delayed_steps), 1);
    struct mg_request next = last_request(&stage);
    assert_int_equal(next.type, MG_REQUEST_NEXT);
    assert_int_equal(next.step, 9);
    assert_int_equal(next.struck, stage.revision);
    end_scene(&stage);
}

// A quarter of a step is 1500 frames: a cycle that begins later strikes no more.
static void
test_delay_ends(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct mg_stage stage;
        open_rolling(&stage, &CONFIG);
        mg_stage_cycles(&stage, 3);
        stage.frames = 1536;
        stage.transport.frame = 8 * STEP - (late ? 20 : 40); // struck 1516 or 1496 late
        mg_stage_cycles(&stage, 2);
        const struct mg_counters *counters = &stage.rt->counters;
        assert_int_equal(mg_count_get(&counters->delayed_steps), !late);
        assert_int_equal(mg_count_get(&counters->late_steps), late);
        end_scene(&stage);
    }
}

static void
held_score(int64_t step, uint8_t *cells)
{
    score(step, cells);
    if (step >= 1)
        cells[64] |= MG_DECIDED_HELD;
}

static void
test_held_keys(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    stage.score = held_score;
    mg_stage_cycle(&stage);
    assert_true(stage.sounds[3][64]);
    mg_stage_play(&stage, 5, 0x90, 60, 1); // the hand takes 60 on another channel
    mg_stage_cycle(&stage);
    assert_int_equal(stage.out_count, 0); // no thru: nothing of it comes out
    run_to(&stage, 6016);
    assert_false(stage.sounds[3][60]); // held since
    assert_false(stage.sounds[3][64]); // decided as held
    assert_true(stage.sounds[3][67]);
    mg_stage_play(&stage, 0, 0x80, 60, 0);
    run_to(&stage, 12032);
    assert_true(stage.sounds[3][60]); // struck at step 2
    end_scene(&stage);
}

// Pops what the composer would get; returns the number of HEARD messages.
static int
drain_heard(struct mg_stage *stage, struct mg_request *last)
{
    struct mg_request request;
    int heard = 0;
    while (mg_ring_pop(&stage->rt->requests, &request))
        if (request.type == MG_REQUEST_HEARD) {
            *last = request;
            heard++;
        }
    return heard;
}

static void
test_input_messages(void **state)
{
    (void)state;
    struct mg_stage stage;
    struct mg_request last = {0};
    mg_stage_open(&stage, &CONFIG, score);
    stage.asleep = true;
    mg_stage_play(&stage, 0, 0x95, 70, 100);
    mg_stage_cycle(&stage);
    assert_int_equal(drain_heard(&stage, &last), 1);
    assert_true(last.key == 70 && last.on);
    mg_stage_play(&stage, 0, 0x96, 70, 100); // a second channel holds it too
    mg_stage_play(&stage, 1, 0x95, 70, 0);   // velocity 0: let go by the first
    mg_stage_cycle(&stage);
    assert_int_equal(drain_heard(&stage, &last), 1);
    assert_true(last.on);
    mg_stage_play(&stage, 0, 0xb6, 123, 0); // all notes off
    mg_stage_cycle(&stage);
    assert_int_equal(drain_heard(&stage, &last), 1);
    assert_true(last.key == 70 && !last.on);
    mg_stage_play(&stage, 0, 0x90, 200, 64); // malformed
    mg_stage_play(&stage, 0, 0x90, 60, 200);
    mg_stage_play(&stage, 0, 0x45, 60, 64);
    mg_stage_play(&stage, 0, 0xc0, 60, 64); // a byte too long
    mg_stage_play(&stage, 0, 0xf8, 0, 0);   // clock: nothing to us
    mg_stage_cycle(&stage);
    assert_int_equal(drain_heard(&stage, &last), 0);
    assert_int_equal(mg_count_get(&stage.rt->counters.bad_input), 4);
    end_scene(&stage);
}

// What a keyboard may say in place of note-offs, and the sustain pedal.
static void
test_hand_is_lifted(void **state)
{
    (void)state;
    static const uint8_t ENDS[][2] = {
        {0xb5, 120}, {0xb5, 123}, {0xb5, 124}, {0xb5, 125},
        {0xb5, 126}, {0xb5, 127}, {0xff, 0},
    };
    struct mg_stage stage;
    struct mg_rt_config config = CONFIG;
    config.thru = true;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        mg_stage_open(&stage, &config, score);
        stage.asleep = true;
        mg_stage_play(&stage, 0, 0xb5, 64, 127); // the pedal must not keep them
        mg_stage_play(&stage, 0, 0x95, 70, 100);
        mg_stage_play(&stage, 0, 0x95, 72, 100);
        mg_stage_play(&stage, 1, 0x85, 72, 0);
        mg_stage_cycle(&stage);
        assert_int_equal(stage.sounding, 2);
        mg_stage_play(&stage, 0, ENDS[i][0], ENDS[i][1], 0);
        if (ENDS[i][0] == 0xff)
            stage.in[0].size = 1;
        mg_stage_cycle(&stage);
        assert_int_equal(stage.sounding, 0);
        assert_int_equal(stage.rt->held[70] | stage.rt->held[72], 0);
        end_scene(&stage);
    }
}

static void
test_pedal(void **state)
{
    (void)state;
    struct mg_stage stage;
    struct mg_request last = {0};
    struct mg_rt_config config = CONFIG;
    config.thru = true;
    mg_stage_open(&stage, &config, score);
    stage.asleep = true;
    mg_stage_play(&stage, 0, 0x95, 70, 100);
    mg_stage_play(&stage, 1, 0xb5, 64, 64); // down
    mg_stage_play(&stage, 2, 0x85, 70, 0);
    mg_stage_play(&stage, 3, 0x95, 72, 100);
    mg_stage_play(&stage, 3, 0x96, 74, 100); // another channel has no pedal
    mg_stage_play(&stage, 4, 0x86, 74, 0);
    mg_stage_cycle(&stage);
    assert_true(stage.sounds[5][70] && stage.sounds[5][72]);
    assert_int_equal(stage.sounding, 2);
    assert_int_equal(drain_heard(&stage, &last), 4);
    assert_true(last.key == 74 && !last.on);
    mg_stage_play(&stage, 0, 0xb5, 64, 63); // up: 72 is still down
    mg_stage_cycle(&stage);
    assert_true(!stage.sounds[5][70] && stage.sounds[5][72]);
    assert_int_equal(drain_heard(&stage, &last), 1);
    assert_true(last.key == 70 && !last.on);
    mg_stage_play(&stage, 0, 0x85, 72, 0);
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    end_scene(&stage);
}

static void
test_input_flood(void **state)
{
    (void)state;
    struct mg_stage stage;
    bool believed[MG_KEYS] = {false};
    mg_stage_open(&stage, &CONFIG, score);
    stage.asleep = true;
    mg_stage_cycle(&stage);
    for (int i = 0; i < 1000; i++) { // more than the ring takes
        int key = i % 100;
        mg_stage_play(&stage, 0, i < 900 ? 0x90 : 0x80, key, 1);
    }
    mg_stage_play(&stage, 0, 0x90, 7, 1);
    for (int i = 0; i < 10; i++) {
        struct mg_request request;
        mg_stage_cycle(&stage);
        while (mg_ring_pop(&stage.rt->requests, &request))
            if (request.type == MG_REQUEST_HEARD)
                believed[request.key] = request.on;
    }
    assert_true(mg_count_get(&stage.rt->counters.refused_requests) > 0);
    for (int key = 0; key < MG_KEYS; key++)
        assert_int_equal(believed[key], key == 7);
    end_scene(&stage);
}

static void
test_thru(void **state)
{
    (void)state;
    struct mg_stage stage;
    struct mg_rt_config config = CONFIG;
    config.thru = true;
    open_rolling(&stage, &config);
    mg_stage_cycle(&stage);
    mg_stage_play(&stage, 7, 0x93, 60, 99); // our channel, a key we sound
    mg_stage_play(&stage, 9, 0x91, 64, 98); // another channel
    mg_stage_cycle(&stage);
    assert_int_equal(stage.out_count, 3);
    assert_event(&stage, 0, 7, 0x83, 60);
    assert_event(&stage, 1, 7, 0x93, 60);
    assert_int_equal(stage.out[1].data[2], 99);
    assert_event(&stage, 2, 9, 0x91, 64);
    run_to(&stage, 6016); // step 1 leaves the hand's notes alone
    assert_true(stage.sounds[3][60] && stage.sounds[1][64]);
    assert_false(stage.sounds[3][64]);
    stage.transport.rolling = false;
    mg_stage_cycle(&stage); // a stop does not lift the hand
    assert_int_equal(stage.sounding, 2);
    mg_stage_play(&stage, 3, 0x93, 60, 0);
    mg_stage_cycle(&stage);
    assert_event(&stage, 0, 3, 0x83, 60);
    assert_int_equal(stage.sounding, 1);
    mg_rt_command(stage.rt, MG_RT_QUIT); // quitting does
    mg_stage_cycle(&stage);
    assert_event(&stage, 0, 0, 0x81, 64);
    end_scene(&stage);
}

static void
test_overflow(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    stage.score = full_score;
    mg_stage_cycle(&stage);
    stage.out_capacity = 100; // step 1: two offs, then 98 of 128 ons
    run_to(&stage, 6016);
    assert_int_equal(stage.out_count, 100);
    assert_int_equal(stage.sounding, 98);
    assert_int_equal(mg_count_get(&stage.rt->counters.dropped_notes), 30);
    stage.out_capacity = 30;
    stage.transport.rolling = false;
    for (int left = 68; left > 0; left -= 30) { // 30 offs a cycle, none lost
        mg_stage_cycle(&stage);
        assert_int_equal(stage.sounding, left);
    }
    stage.out_capacity = 0;
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 8);
    stage.out_capacity = 8;
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    end_scene(&stage);
}

static void
test_panic_and_quit(void **state)
{
    (void)state;
    struct mg_stage stage;
    open_rolling(&stage, &CONFIG);
    mg_stage_cycle(&stage);
    mg_rt_command(stage.rt, MG_RT_PANIC);
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    assert_false(mg_rt_is_quiet(stage.rt));
    run_to(&stage, 6016); // and on it goes
    assert_int_equal(stage.sounding, 3);
    mg_rt_command(stage.rt, MG_RT_QUIT);
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    assert_true(mg_rt_is_quiet(stage.rt));
    mg_stage_cycles(&stage, 1000); // rolling still, and silent
    assert_int_equal(stage.sounding, 0);
    end_scene(&stage);
}

static void
test_frame_wrap(void **state)
{
    (void)state;
    // The same cycles before 2^32 and across it: the position of every event agrees
    // with the one a 64-bit frame would give.
    struct mg_stage stage;
    mg_stage_open(&stage, &CONFIG, score);
    uint64_t frame = (1ULL << 32) - 10 * STEP;
    stage.transport.frame = (uint32_t)frame;
    mg_stage_cycles(&stage, 2);
    stage.transport.rolling = true;
    int64_t next = stage.start_step;
    assert_int_equal(next, (frame + STEP - 1) / STEP);
    for (; frame < (1ULL << 32) + 10 * STEP; frame += 64) {
        mg_stage_cycle(&stage);
        uint64_t due = (uint64_t)next * STEP;
        bool here = due >= frame && due < frame + 64;
        assert_int_equal(stage.out_count > 0, here);
        if (here)
            assert_int_equal(stage.out[0].frame, due - frame);
        next += here;
    }
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 0);
    assert_int_equal(mg_count_get(&stage.rt->counters.starts), 1);
    stage.transport.rolling = false;
    mg_stage_cycles(&stage, 2);
    assert_int_equal(stage.start_step, next); // still past 2^32
    end_scene(&stage);
}

// The composer, when rt waits for it.
static bool
compose_now(void *context)
{
    struct mg_stage *stage = *(struct mg_stage **)context;
    int64_t before = stage->decided;
    mg_stage_compose(stage);
    return stage->decided != before;
}

static void
test_freewheel_waits(void **state)
{
    (void)state;
    struct mg_stage stage;
    struct mg_stage *context = &stage;
    struct mg_rt_config config = CONFIG;
    config.wait = compose_now;
    config.wait_context = &context;
    mg_stage_open(&stage, &config, score);
    stage.freewheel = true;
    stage.frames = 16384; // two or three steps a cycle
    stage.transport.rolling = true;
    mg_stage_cycles(&stage, 40);
    assert_int_equal(mg_count_get(&stage.rt->counters.steps), 110);
    assert_int_equal(mg_count_get(&stage.rt->counters.late_steps), 0);
    assert_int_equal(mg_count_get(&stage.rt->counters.delayed_steps), 0);
    end_scene(&stage);
}

static void
test_free_run(void **state)
{
    (void)state;
    struct mg_stage stage;
    struct mg_rt_config config = CONFIG;
    config.free_run = true;
    mg_stage_open(&stage, &config, score);
    mg_stage_cycles(&stage, 80); // the transport never rolls
    assert_int_equal(stage.sounding, 2);
    stage.transport.frame = 123456; // nor does it matter where it stands
    mg_stage_cycles(&stage, 120);
    assert_int_equal(mg_count_get(&stage.rt->counters.starts), 1);
    assert_int_equal(mg_count_get(&stage.rt->counters.steps), 3);
    mg_rt_command(stage.rt, MG_RT_QUIT);
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    end_scene(&stage);
}

static void
test_recorder_ring(void **state)
{
    (void)state;
    struct mg_stage stage;
    struct mg_rt_config config = CONFIG;
    struct mg_played played;
    config.record = true;
    mg_stage_open(&stage, &config, score);
    stage.transport.frame = 2 * STEP;
    mg_stage_cycles(&stage, 5); // before the first roll nothing counts
    stage.transport.rolling = true;
    mg_stage_cycles(&stage, 100);
    assert_true(mg_ring_pop(&stage.rt->played, &played));
    assert_int_equal(played.frame, 0);
    assert_int_equal(played.data[0], 0x93);
    assert_true(mg_ring_pop(&stage.rt->played, &played));
    assert_true(mg_ring_pop(&stage.rt->played, &played));
    assert_int_equal(played.frame, STEP);
    assert_int_equal(mg_count_get(&stage.rt->counters.frames), 6400);
    end_scene(&stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_and_steps),
        cmocka_unit_test(test_stop_releases),
        cmocka_unit_test(test_locate_while_rolling),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_late_decision),
        cmocka_unit_test(test_stale_decision),
        cmocka_unit_test(test_first_step_too_late),
        cmocka_unit_test(test_delayed_goes_on),
        cmocka_unit_test(test_delay_ends),
        cmocka_unit_test(test_held_keys),
        cmocka_unit_test(test_input_messages),
        cmocka_unit_test(test_hand_is_lifted),
        cmocka_unit_test(test_pedal),
        cmocka_unit_test(test_input_flood),
        cmocka_unit_test(test_thru),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_panic_and_quit),
        cmocka_unit_test(test_frame_wrap),
        cmocka_unit_test(test_freewheel_waits),
        cmocka_unit_test(test_free_run),
        cmocka_unit_test(test_recorder_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
