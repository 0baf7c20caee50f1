// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A JACK client that means no good: a timebase master that publishes nonsense, relocates
// without end, or floods the player's input with messages good and bad.  Then it behaves,
// with 120 BPM in 4/4, and judges what the player makes of that.
//
//   --mode bpm       0, -1, NaN, infinite, and 1..999, another in each cycle
//   --mode ticks     ticks per beat 0, negative, NaN, huge
//   --mode bars      bars, beats and metres of random bits
//   --mode frozen    the same place for ever
//   --mode locates   a thousand locates a second
//   --mode flood     --messages N of them a cycle to --send PORT
//
// Prints figures, one a line:
//   nonsense    cycles with nonsense, locates or messages, as the mode is
//   ons offs    heard in all
//   late_ons    note-ons in good time: from a bar after it began to behave
//   off_grid    of these and their note-offs, more than a frame from any step
//   stuck       notes that sound when it has stopped the transport
// Exit status 0; 1 no server or no player; 3 the server went away.
#include <glib.h>
#include <jack/jack.h>
#include <jack/midiport.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/random.h"
#include "tests/wires_jack.h"

enum mode { BPM, TICKS, BARS, FROZEN, LOCATES, FLOOD };

static const char *const MODES[] = {"bpm",    "ticks",   "bars",
                                    "frozen", "locates", "flood"};

enum phase { IDLE, HOSTILE, GOOD, STOPPED };

static const double TICKS_PER_BEAT = 1920;

struct probe {
    jack_client_t *client;
    jack_port_t *in;
    jack_port_t *out;
    enum mode mode;
    int messages;
    double step_frames;
    double bar_frames;

    // Real-time thread, until it has stopped.
    uint32_t drawn;
    uint32_t good_frames; // since it behaves
    int nonsense;
    int ons;
    int offs;
    int late_ons;
    int off_grid;
    bool sounds[16][128];

    _Atomic int phase;
    atomic_bool lost;
};

static uint32_t
draw(struct probe *probe, uint32_t limit)
{
    struct mg_random random = mg_random_at(1, MG_RANDOM_CHOICE, probe->drawn++, 0, 0);
    return limit ? random.word[0] % limit : random.word[0];
}

// --- nonsense ------------------------------------------------------------------------

static void
fill_well(jack_position_t *position)
{
    double beats = position->frame / (position->frame_rate / 2.0);
    position->valid = JackPositionBBT | JackTickDouble;
    position->bar = (int32_t)(beats / 4) + 1;
    position->beat = (int32_t)fmod(beats, 4) + 1;
    position->tick_double = (beats - floor(beats)) * TICKS_PER_BEAT;
    position->tick = (int32_t)position->tick_double;
    position->bar_start_tick = floor(beats / 4) * 4 * TICKS_PER_BEAT;
    position->beats_per_bar = 4;
    position->beat_type = 4;
    position->ticks_per_beat = TICKS_PER_BEAT;
    position->beats_per_minute = 120;
}

static void
spoil_bars(struct probe *probe, jack_position_t *position)
{
    float metres[2];
    uint32_t bits[2] = {draw(probe, 0), draw(probe, 0)};
    memcpy(metres, bits, sizeof metres);
    position->bar = (int32_t)draw(probe, 0);
    position->beat = (int32_t)draw(probe, 0);
    position->tick = (int32_t)draw(probe, 0);
    position->tick_double = (double)metres[0] * 1e9;
    position->bar_start_tick = (double)metres[1] * 1e30;
    position->bbt_offset = draw(probe, 0);
    position->valid |= JackBBTFrameOffset;
    if (draw(probe, 2))
        position->beats_per_bar = metres[0];
    if (draw(probe, 2))
        position->beat_type = metres[1];
}

static void
spoil(struct probe *probe, jack_position_t *position)
{
    const double tempos[] = {0, -1, (double)NAN, (double)INFINITY, 1e-300, 1e300};
    const double ticks[] = {0, -1, (double)NAN, (double)INFINITY, 1e300, 0.001};
    switch (probe->mode) {
    case BPM:
        position->beats_per_minute = draw(probe, 2)
                                         ? tempos[draw(probe, G_N_ELEMENTS(tempos))]
                                         : 1 + draw(probe, 999);
        break;
    case TICKS:
        position->ticks_per_beat = ticks[draw(probe, G_N_ELEMENTS(ticks))];
        break;
    case BARS:
        spoil_bars(probe, position);
        break;
    case FROZEN:
        position->bar = position->beat = 1;
        position->tick = 0;
        position->tick_double = position->bar_start_tick = 0;
        break;
    case LOCATES:
    case FLOOD:
        return;
    }
    probe->nonsense++;
}

static void
timebase(jack_transport_state_t state, jack_nframes_t frames, jack_position_t *position,
         int is_new, void *arg)
{
    (void)state;
    (void)frames;
    (void)is_new;
    struct probe *probe = arg;
    fill_well(position);
    if (atomic_load(&probe->phase) == HOSTILE)
        spoil(probe, position);
}

// A message of one to 24 bytes: of any kind, or a note.
static size_t
make_message(struct probe *probe, jack_midi_data_t bytes[24])
{
    size_t size = 3;
    for (size_t i = 0; i < 24; i++)
        bytes[i] = (jack_midi_data_t)draw(probe, 256);
    switch (draw(probe, 6)) {
    case 0: // any bytes, too short, without a status, data above 127
        return 1 + draw(probe, 4);
    case 1: // system exclusive
        bytes[0] = 0xf0;
        size = 2 + draw(probe, 22);
        bytes[size - 1] = 0xf7;
        return size;
    default:
        bytes[0] = (jack_midi_data_t)(0x80 | draw(probe, 32));
        bytes[1] &= 0x7f;
        bytes[2] &= 0x7f;
        return size;
    }
}

static void
flood(struct probe *probe, jack_nframes_t frames)
{
    void *buffer = jack_port_get_buffer(probe->out, frames);
    jack_midi_clear_buffer(buffer);
    if (probe->mode != FLOOD || atomic_load(&probe->phase) != HOSTILE)
        return;
    for (int i = 0; i < probe->messages; i++) {
        jack_midi_data_t bytes[24];
        size_t size = make_message(probe, bytes);
        jack_nframes_t at =
            (jack_nframes_t)((uint64_t)i * frames / (uint64_t)probe->messages);
        probe->nonsense += jack_midi_event_write(buffer, at, bytes, size) == 0;
    }
}

// --- judging -------------------------------------------------------------------------

// From the start of the song, which is where the grid begins.
static bool
is_on_grid(const struct probe *probe, double frame)
{
    double step = floor(frame / probe->step_frames + 0.5);
    return fabs(step * probe->step_frames - frame) <= 1.0;
}

static void
judge_event(struct probe *probe, const jack_midi_event_t *event, jack_nframes_t frame,
            bool is_late)
{
    uint8_t status = event->buffer[0] & 0xf0;
    if (event->size != 3 || (status != 0x80 && status != 0x90))
        return;
    bool on = status == 0x90 && event->buffer[2] > 0;
    probe->ons += on;
    probe->offs += !on;
    probe->sounds[event->buffer[0] & 0x0f][event->buffer[1] & 0x7f] = on;
    if (!is_late)
        return;
    probe->late_ons += on;
    probe->off_grid += !is_on_grid(probe, (double)frame + event->time);
}

static int
process(jack_nframes_t frames, void *arg)
{
    struct probe *probe = arg;
    jack_position_t position;
    bool rolling =
        jack_transport_query(probe->client, &position) == JackTransportRolling;
    bool is_good = atomic_load(&probe->phase) == GOOD && rolling;
    probe->good_frames = is_good ? probe->good_frames + frames : 0;
    void *buffer = jack_port_get_buffer(probe->in, frames);
    uint32_t count = jack_midi_get_event_count(buffer);
    for (uint32_t i = 0; i < count; i++) {
        jack_midi_event_t event;
        if (jack_midi_event_get(&event, buffer, i) == 0)
            judge_event(probe, &event, position.frame,
                        probe->good_frames > probe->bar_frames);
    }
    flood(probe, frames);
    return 0;
}

static int
stuck(const struct probe *probe)
{
    int count = 0;
    for (int channel = 0; channel < 16; channel++)
        for (int key = 0; key < 128; key++)
            count += probe->sounds[channel][key];
    return count;
}

// --- main thread ---------------------------------------------------------------------

static void
on_shutdown(void *arg)
{
    struct probe *probe = arg;
    atomic_store(&probe->lost, true);
}

static bool
open_client(struct probe *probe, const char *player)
{
    wires_quiet(); // of ports that are full
    g_autofree char *listen = g_strconcat(player, ":midi_out", NULL);
    g_autofree char *send = g_strconcat(player, ":midi_in", NULL);
    probe->client = jack_client_open("hostile", JackNoStartServer, NULL);
    if (!probe->client)
        return false;
    double rate_hz = jack_get_sample_rate(probe->client);
    probe->step_frames = rate_hz / 4;
    probe->bar_frames = rate_hz * 2;
    probe->in = jack_port_register(probe->client, "in", JACK_DEFAULT_MIDI_TYPE,
                                   JackPortIsInput, 0);
    probe->out = jack_port_register(probe->client, "out", JACK_DEFAULT_MIDI_TYPE,
                                    JackPortIsOutput, 0);
    jack_set_process_callback(probe->client, process, probe);
    jack_on_shutdown(probe->client, on_shutdown, probe);
    jack_set_timebase_callback(probe->client, 0, timebase, probe);
    return jack_activate(probe->client) == 0 &&
           wires_connect(probe->client, listen, jack_port_name(probe->in)) &&
           (probe->mode != FLOOD ||
            wires_connect(probe->client, jack_port_name(probe->out), send));
}

static void
be_hostile(struct probe *probe, double seconds)
{
    int64_t end_us = g_get_monotonic_time() + (int64_t)(seconds * 1e6);
    atomic_store(&probe->phase, HOSTILE);
    jack_transport_start(probe->client);
    while (g_get_monotonic_time() < end_us) {
        g_usleep(1000);
        if (probe->mode != LOCATES)
            continue;
        struct mg_random random =
            mg_random_at(2, MG_RANDOM_CHOICE, (uint32_t)probe->nonsense++, 0, 0);
        jack_transport_locate(probe->client, random.word[0]);
    }
}

static void
play(struct probe *probe, double hostile_seconds, double good_seconds)
{
    be_hostile(probe, hostile_seconds);
    // Back to a song of sensible length; and nobody holds the flood's keys any more.
    jack_transport_locate(probe->client, 0);
    jack_port_disconnect(probe->client, probe->out);
    g_usleep(200000);
    atomic_store(&probe->phase, GOOD);
    g_usleep((gulong)(good_seconds * 1e6));
    jack_transport_stop(probe->client);
    atomic_store(&probe->phase, STOPPED);
    g_usleep(300000);
}

int
main(int argc, char **argv)
{
    static struct probe probe = {.messages = 139};
    g_autofree char *mode = NULL;
    double hostile_seconds = 3, good_seconds = 4;
    const GOptionEntry entries[] = {
        {"mode", 0, 0, G_OPTION_ARG_STRING, &mode, "What it does", "MODE"},
        {"messages", 0, 0, G_OPTION_ARG_INT, &probe.messages, "A cycle", "N"},
        {"hostile", 0, 0, G_OPTION_ARG_DOUBLE, &hostile_seconds, "For so long", "S"},
        {"good", 0, 0, G_OPTION_ARG_DOUBLE, &good_seconds, "For so long", "S"},
        {0}};
    GOptionContext *context = g_option_context_new("PLAYER");
    g_option_context_add_main_entries(context, entries, NULL);
    bool usable = g_option_context_parse(context, &argc, &argv, NULL) && argc == 2;
    g_option_context_free(context);
    size_t chosen = 0;
    while (usable && mode && chosen < G_N_ELEMENTS(MODES) &&
           strcmp(mode, MODES[chosen]) != 0)
        chosen++;
    if (!usable || !mode || chosen == G_N_ELEMENTS(MODES) || probe.messages < 1) {
        fprintf(stderr, "probe_hostile: what is meant?\n");
        return 2;
    }
    probe.mode = (enum mode)chosen;
    if (!open_client(&probe, argv[1])) {
        fprintf(stderr, "probe_hostile: no server, or no %s\n", argv[1]);
        return 1;
    }
    play(&probe, hostile_seconds, good_seconds);
    if (atomic_load(&probe.lost))
        return 3;
    jack_deactivate(probe.client);
    printf("nonsense %d\nons %d\noffs %d\nlate_ons %d\noff_grid %d\nstuck %d\n",
           probe.nonsense, probe.ons, probe.offs, probe.late_ons, probe.off_grid,
           stuck(&probe));
    jack_client_close(probe.client);
    return 0;
}
