// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ALSA driver: its arithmetic of time and its translation of events anywhere; the driver
// itself where there is a sequencer, as in the virtual machine of tests/rig_vm.sh.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/alsa_clock.h"
#include "io/alsa_event.h"
#include "io/driver_table.h"

static const uint32_t RATES_HZ[] = {8000, 22050, 44100, 48000, 96000, 192000};

static const uint64_t FRAMES[] = {
    0,
    12345,
    UINT32_MAX - 500U,
    UINT64_C(1) << 34,        // times 10^9 it does not fit into 64 bits
    UINT64_C(15145574400000), // ten years at 48 kHz
};

static uint64_t
nanoseconds(snd_seq_real_time_t time)
{
    return time.tv_sec * MG_ALSA_NS_PER_S + time.tv_nsec;
}

static snd_seq_real_time_t
at(uint64_t ns)
{
    return (snd_seq_real_time_t){(unsigned)(ns / MG_ALSA_NS_PER_S),
                                 (unsigned)(ns % MG_ALSA_NS_PER_S)};
}

// --- time --------------------------------------------------------------------------------

static void
test_frames_and_times(void **state)
{
    (void)state;
    for (size_t r = 0; r < G_N_ELEMENTS(RATES_HZ); r++)
        for (size_t i = 0; i < G_N_ELEMENTS(FRAMES); i++)
            for (uint64_t frame = FRAMES[i]; frame < FRAMES[i] + 1000; frame++) {
                uint32_t rate = RATES_HZ[r];
                snd_seq_real_time_t time = mg_alsa_clock_time(frame, rate);
                assert_true(time.tv_nsec < MG_ALSA_NS_PER_S);
                assert_int_equal(mg_alsa_clock_frame(&time, rate), frame);
                if (frame == 0)
                    continue;
                // It is the frame's first nanosecond.
                time = at(nanoseconds(time) - 1);
                assert_int_equal(mg_alsa_clock_frame(&time, rate), frame - 1);
            }
}

// The exact time, in the way that loses nothing.
static void
test_times_do_not_drift(void **state)
{
    (void)state;
    assert_int_equal(nanoseconds(mg_alsa_clock_time(1, 48000)), 20834); // 20833.3
    assert_int_equal(nanoseconds(mg_alsa_clock_time(44101, 44100)), 1000022676);
    uint64_t day = UINT64_C(24) * 3600 * 44100;
    assert_int_equal(nanoseconds(mg_alsa_clock_time(366 * day, 44100)),
                     UINT64_C(366) * 24 * 3600 * MG_ALSA_NS_PER_S);
}

static void
test_waiting(void **state)
{
    (void)state;
    snd_seq_real_time_t now = at(4999999999);
    assert_int_equal(mg_alsa_clock_wait_ns(&now, 240000, 48000), 1);
    now = at(5000000000);
    assert_int_equal(mg_alsa_clock_wait_ns(&now, 240000, 48000), 0);
    now = at(6000000000);
    assert_int_equal(mg_alsa_clock_wait_ns(&now, 240000, 48000), 0);
    now = at(0);
    assert_int_equal(mg_alsa_clock_wait_ns(&now, 240, 48000), 5000000);
}

// However late the thread wakes up: no cycle is run twice or early, none is left out that is
// less than a period late, and what a cycle sends is not due yet.
static void
test_late_wake_ups(void **state)
{
    (void)state;
    enum { PERIOD = 240 };
    uint64_t next = 0, now = 0, run = 0, missed_in_all = 0;
    GRand *random = g_rand_new_with_seed(1);
    for (int i = 0; i < 200000; i++) {
        uint64_t due = (next + 1) * PERIOD;
        // Mostly in time, sometimes late, now and then very late.
        int most = i % 1000 == 0 ? 50000 : i % 10 == 0 ? 700 : 9;
        if (now < due)
            now = due;
        now += (uint64_t)g_rand_int_range(random, 0, most);
        uint64_t missed = mg_alsa_clock_missed(next, now, PERIOD);
        if (now < due + PERIOD)
            assert_int_equal(missed, 0);
        next += missed;
        assert_true((next + 1) * PERIOD <= now); // it has ended
        assert_true(now < (next + 2) * PERIOD);  // what it sends leaves later
        missed_in_all += missed;
        run++;
        next++;
    }
    g_rand_free(random);
    assert_int_equal(run + missed_in_all, next);
    assert_true(missed_in_all > 1000);
}

// --- events ------------------------------------------------------------------------------

static int
make_coder(void **state)
{
    snd_midi_event_t *coder;
    if (snd_midi_event_new(MG_ALSA_EVENT_BYTES, &coder) < 0)
        return -1;
    snd_midi_event_no_status(coder, 1);
    *state = coder;
    return 0;
}

static int
free_coder(void **state)
{
    snd_midi_event_free(*state);
    return 0;
}

static void
round_trip(snd_midi_event_t *coder, struct mg_midi_event message)
{
    struct mg_midi_event back[MG_ALSA_EVENT_MESSAGES] = {0};
    snd_seq_event_t event;
    assert_true(mg_alsa_event_encode(coder, &message, &event));
    assert_false(snd_seq_ev_is_variable(&event));
    assert_int_equal(mg_alsa_event_decode(coder, &event, message.frame, back), 1);
    assert_int_equal(back[0].frame, message.frame);
    assert_int_equal(back[0].size, message.size);
    assert_memory_equal(back[0].data, message.data, message.size);
}

// Bytes of a message by its status; 0: there is none, or it is a sysex.
static int
size_of(int status)
{
    static const int VOICE[] = {3, 3, 3, 3, 2, 2, 3};
    static const int SYSTEM[] = {0, 2, 3, 2, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1};
    return status < 0xf0 ? VOICE[(status >> 4) - 8] : SYSTEM[status - 0xf0];
}

static void
test_round_trips(void **state)
{
    int kinds = 0;
    for (int status = 0x80; status <= 0xff; status++) {
        int size = size_of(status);
        for (int value = 0; size > 0 && value < 128; value++) {
            struct mg_midi_event message = {.frame = (uint32_t)value,
                                            .size = (uint8_t)size,
                                            .data = {(uint8_t)status, (uint8_t)value,
                                                     (uint8_t)(127 - value)}};
            round_trip(*state, message);
        }
        kinds += size > 0;
    }
    assert_int_equal(kinds, 7 * 16 + 10);
}

static void
test_no_messages(void **state)
{
    static const struct mg_midi_event BAD[] = {
        {0, 0, {0x90, 60, 1}},    {0, 4, {0x90, 60, 1}},    // no such size
        {0, 2, {0x90, 60, 0}},    {0, 1, {0xc0, 0, 0}},     // too short
        {0, 3, {0xc0, 60, 1}},    {0, 2, {0xf8, 1, 0}},     // too long
        {0, 2, {60, 1, 0}},       {0, 3, {60, 1, 1}},       // no status
        {0, 3, {0x90, 0x90, 60}}, {0, 3, {0x90, 60, 0xf8}}, // another inside
        {0, 1, {0xf4, 0, 0}},     {0, 1, {0xf9, 0, 0}},     // undefined
        {0, 1, {0xfd, 0, 0}},     {0, 1, {0xf7, 0, 0}},
        {0, 2, {0xf0, 0x7e, 0}},  {0, 3, {0xf0, 0x7e, 0x7f}}, // sysex
        {0, 2, {0xf0, 0xf7, 0}},  {0, 3, {0xf0, 0x7e, 0xf7}},
    };
    snd_seq_event_t event;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(mg_alsa_event_encode(*state, &BAD[i], &event));
    // And none of them has left something behind.
    round_trip(*state, (struct mg_midi_event){0, 3, {0x93, 60, 100}});
}

static void
expect_controllers(snd_midi_event_t *coder, const snd_seq_event_t *event,
                   const uint8_t (*pairs)[2], int expected)
{
    struct mg_midi_event messages[MG_ALSA_EVENT_MESSAGES];
    assert_int_equal(mg_alsa_event_decode(coder, event, 7, messages), expected);
    for (int i = 0; i < expected; i++) {
        const uint8_t data[] = {0xb5, pairs[i][0], pairs[i][1]};
        assert_int_equal(messages[i].frame, 7);
        assert_int_equal(messages[i].size, 3);
        assert_memory_equal(messages[i].data, data, 3);
    }
}

// One event of the sequencer may stand for several messages.
static void
test_wide_controllers(void **state)
{
    snd_seq_event_t event = {.type = SND_SEQ_EVENT_CONTROL14};
    event.data.control.channel = 5;
    event.data.control.param = 7;
    event.data.control.value = 1000;
    expect_controllers(*state, &event, (const uint8_t[][2]){{7, 7}, {39, 104}}, 2);
    event.data.control.param = 64;
    event.data.control.value = 127;
    expect_controllers(*state, &event, (const uint8_t[][2]){{64, 127}}, 1);
    event.type = SND_SEQ_EVENT_REGPARAM;
    event.data.control.param = 1;
    event.data.control.value = 8192;
    expect_controllers(*state, &event,
                       (const uint8_t[][2]){{101, 0}, {100, 1}, {6, 64}, {38, 0}}, 4);
    event.type = SND_SEQ_EVENT_NONREGPARAM;
    expect_controllers(*state, &event,
                       (const uint8_t[][2]){{99, 0}, {98, 1}, {6, 64}, {38, 0}}, 4);
}

static void
test_events_that_are_no_messages(void **state)
{
    static const snd_seq_event_type_t TYPES[] = {
        SND_SEQ_EVENT_SYSTEM,    SND_SEQ_EVENT_NOTE,
        SND_SEQ_EVENT_TEMPO,     SND_SEQ_EVENT_CLIENT_START,
        SND_SEQ_EVENT_PORT_EXIT, SND_SEQ_EVENT_PORT_UNSUBSCRIBED,
        SND_SEQ_EVENT_USR0,      SND_SEQ_EVENT_NONE,
    };
    struct mg_midi_event messages[MG_ALSA_EVENT_MESSAGES];
    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        snd_seq_event_t event = {.type = TYPES[i]};
        assert_int_equal(mg_alsa_event_decode(*state, &event, 0, messages), 0);
    }
    uint8_t bytes[4000] = {0xf0};
    for (unsigned size = 2; size <= sizeof bytes; size += 7) {
        snd_seq_event_t event = {.type = SND_SEQ_EVENT_SYSEX,
                                 .flags = SND_SEQ_EVENT_LENGTH_VARIABLE,
                                 .data.ext = {.len = size, .ptr = bytes}};
        assert_int_equal(mg_alsa_event_decode(*state, &event, 0, messages), 0);
    }
}

static void
test_let_go(void **state)
{
    (void)state;
    struct mg_midi_event events[MG_DRIVER_LET_GO];
    assert_int_equal(mg_driver_let_go(events, 99), 16);
    for (int i = 0; i < 16; i++) {
        const uint8_t data[] = {(uint8_t)(0xb0 + i), 123, 0};
        assert_int_equal(events[i].frame, 99);
        assert_int_equal(events[i].size, 3);
        assert_memory_equal(events[i].data, data, 3);
    }
}

// --- the driver --------------------------------------------------------------------------

static void
test_no_sequencer(void **state)
{
    (void)state;
    if (access("/dev/snd/seq", F_OK) == 0)
        skip();
    const struct mg_driver_config config = {.name = "musicguru"};
    struct mg_driver *driver = NULL;
    g_autoptr(GError) error = NULL;
    assert_int_equal(mg_alsa_open(&config, &driver, &error), -ENODEV);
    assert_null(driver);
    assert_non_null(strstr(error->message, "no sequencer"));
    assert_null(strchr(error->message, '\n'));
}

// Looks at what it is given; in cycle `strikes` it ends key 1 and strikes key 2.
struct player {
    int strikes;
    uint64_t rolled_frames;
    bool in_order;
    atomic_int cycles;
};

static void
run(void *context, struct mg_cycle *cycle)
{
    struct player *player = context;
    const struct mg_transport *transport = &cycle->transport;
    if (transport->frame != player->rolled_frames || transport->has_bbt ||
        cycle->out_count != 0 || (player->rolled_frames > 0 && !transport->rolling))
        player->in_order = false;
    if (transport->rolling)
        player->rolled_frames += cycle->frames;
    if (atomic_load(&player->cycles) + 1 == player->strikes) {
        cycle->out[cycle->out_count++] = (struct mg_midi_event){5, 3, {0x80, 1, 64}};
        cycle->out[cycle->out_count++] = (struct mg_midi_event){6, 3, {0x90, 2, 64}};
    }
    atomic_fetch_add(&player->cycles, 1);
}

struct stage {
    snd_seq_t *listener; // a client with the ports "in" and "out"
    struct player player;
    struct mg_driver *driver;
};

static int
set_up(void **state)
{
    struct stage *stage = g_new0(struct stage, 1);
    *state = stage;
    if (access("/dev/snd/seq", R_OK | W_OK) != 0)
        return 0;
    if (snd_seq_open(&stage->listener, "default", SND_SEQ_OPEN_DUPLEX,
                     SND_SEQ_NONBLOCK) < 0)
        return -1;
    snd_seq_set_client_name(stage->listener, "listener");
    snd_seq_create_simple_port(stage->listener, "in",
                               SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE,
                               SND_SEQ_PORT_TYPE_MIDI_GENERIC);
    snd_seq_create_simple_port(stage->listener, "out",
                               SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ,
                               SND_SEQ_PORT_TYPE_MIDI_GENERIC);
    stage->player.in_order = true;
    return 0;
}

static int
tear_down(void **state)
{
    struct stage *stage = *state;
    mg_driver_close(stage->driver);
    if (stage->listener)
        snd_seq_close(stage->listener);
    g_free(stage);
    return 0;
}

// Opens and starts a driver, and waits for some cycles.  Skips without a sequencer.
static void
start(struct stage *stage, uint32_t period_frames, int cycles)
{
    static char *const connect[] = {(char *)"listener:in", (char *)"listener:out",
                                    NULL};
    const struct mg_driver_config config = {.name = "player",
                                            .connect = connect,
                                            .run = run,
                                            .context = &stage->player,
                                            .period_frames = period_frames};
    if (!stage->listener)
        skip();
    assert_int_equal(mg_alsa_open(&config, &stage->driver, NULL), 0);
    assert_int_equal(mg_driver_start(stage->driver, NULL), 0);
    for (int i = 0; i < 1000 && atomic_load(&stage->player.cycles) < cycles; i++)
        g_usleep(10000);
    assert_true(atomic_load(&stage->player.cycles) >= cycles);
}

static void
test_cycles(void **state)
{
    struct stage *stage = *state;
    struct mg_driver_status status;
    start(stage, 0, 100);
    mg_driver_status(stage->driver, &status);
    assert_string_equal(status.name, "player");
    assert_int_equal(status.rate_hz, 48000);
    assert_int_equal(status.period_frames, 240);
    assert_int_equal(status.latency_frames, 480);
    assert_int_equal(status.failed_out + status.ignored_in, 0);
    assert_int_equal(mg_driver_close(stage->driver), 0);
    stage->driver = NULL;
    int cycles = atomic_load(&stage->player.cycles);
    assert_int_equal(stage->player.rolled_frames, (cycles - 50) * 240);
    assert_true(stage->player.in_order);
    g_usleep(50000);
    assert_int_equal(atomic_load(&stage->player.cycles), cycles);
}

static void
test_connections(void **state)
{
    struct stage *stage = *state;
    struct mg_driver_status status;
    start(stage, 0, 1);
    mg_driver_status(stage->driver, &status);
    assert_true(status.is_connected);
    char **names = mg_driver_connections(stage->driver);
    assert_int_equal(g_strv_length(names), 2);
    assert_true(g_strv_contains((const char *const *)names, "listener:in"));
    assert_true(g_strv_contains((const char *const *)names, "listener:out"));
    g_strfreev(names);
    snd_seq_delete_simple_port(stage->listener, 0);
    mg_driver_status(stage->driver, &status);
    assert_false(status.is_connected);
    names = mg_driver_connections(stage->driver);
    assert_int_equal(g_strv_length(names), 1);
    g_strfreev(names);
}

// Closed with half a second of music still to leave: what ends notes leaves, in time.
static void
test_close_plays_out(void **state)
{
    struct stage *stage = *state;
    stage->player.strikes = 1;
    start(stage, 12000, 1);
    assert_int_equal(mg_driver_close(stage->driver), 0);
    stage->driver = NULL;
    int offs = 0, ons = 0;
    snd_seq_event_t *event;
    while (snd_seq_event_input(stage->listener, &event) >= 0) {
        offs += event->type == SND_SEQ_EVENT_NOTEOFF;
        ons += event->type == SND_SEQ_EVENT_NOTEON;
    }
    assert_int_equal(offs, 1);
    assert_int_equal(ons, 0);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_CODER(test) cmocka_unit_test_setup_teardown(test, make_coder, free_coder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_and_times),
        cmocka_unit_test(test_times_do_not_drift),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_late_wake_ups),
        WITH_CODER(test_round_trips),
        WITH_CODER(test_no_messages),
        WITH_CODER(test_wide_controllers),
        WITH_CODER(test_events_that_are_no_messages),
        cmocka_unit_test(test_let_go),
        cmocka_unit_test(test_no_sequencer),
        ON_STAGE(test_cycles),
        ON_STAGE(test_connections),
        ON_STAGE(test_close_plays_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
