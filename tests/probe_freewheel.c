// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Many hours of music in a few minutes: puts JACK into freewheel, plays a keyboard at
// random, and judges every event that comes back.
//
//     probe_freewheel PLAYER PID SECONDS [START]
//
// PLAYER is the client to judge, PID its process, whose memory is looked at; SECONDS of
// song from frame START on, at 120 BPM in eighths: every event of the player on channel 2
// stands on a multiple of a quarter of a second, those of the hand's channel (--thru)
// where the hand played.  Prints one line "NAME VALUE ..." and exits 0; 1: no server.
#include <glib.h>
#include <jack/jack.h>
#include <jack/midiport.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/wires_jack.h"

enum { CHANNEL = 1, KEYS = 128, LOWEST = 40, RANGE = 40 };

struct probe {
    jack_client_t *client;
    jack_port_t *in;
    jack_port_t *out;
    jack_nframes_t step_frames;
    uint64_t length; // frames of song

    // The real-time thread's own, until it is done.
    jack_nframes_t last_frame; // of the transport
    bool rolls;
    _Atomic uint64_t passed; // frames of song
    uint64_t random;
    bool down[KEYS];
    uint8_t sounds[16][KEYS];
    int64_t sounding;
    uint64_t ons, offs, off_grid, faults, strokes;
    bool ending;
    int rest; // cycles to go on for after the end
    atomic_bool done;
};

// xorshift64 (Marsaglia 2003).
static uint64_t
draw(struct probe *probe, uint64_t below)
{
    probe->random ^= probe->random << 13;
    probe->random ^= probe->random >> 7;
    probe->random ^= probe->random << 17;
    return probe->random % below;
}

// Where the song has come to; a wrap of the transport's counter is no jump.
static void
follow(struct probe *probe, const jack_position_t *position, bool rolling)
{
    uint64_t passed = atomic_load_explicit(&probe->passed, memory_order_relaxed);
    if (probe->rolls && rolling)
        passed += (jack_nframes_t)(position->frame - probe->last_frame);
    atomic_store_explicit(&probe->passed, passed, memory_order_relaxed);
    probe->rolls = rolling;
    probe->last_frame = position->frame;
}

static void
judge(struct probe *probe, const jack_midi_event_t *event, uint64_t frame)
{
    const uint8_t *data = event->buffer;
    bool on = (data[0] & 0xf0) == 0x90;
    uint8_t *sounds = &probe->sounds[data[0] & 0x0f][data[1] & 0x7f];
    if (event->size != 3 || (!on && (data[0] & 0xf0) != 0x80) || *sounds == on) {
        probe->faults++;
        return;
    }
    *sounds = on;
    probe->sounding += on ? 1 : -1;
    probe->ons += on;
    probe->offs += !on;
    if ((data[0] & 0x0f) == CHANNEL && on && frame % probe->step_frames != 0)
        probe->off_grid++;
}

static void
hear(struct probe *probe, jack_nframes_t frames)
{
    void *buffer = jack_port_get_buffer(probe->in, frames);
    uint64_t passed = atomic_load_explicit(&probe->passed, memory_order_relaxed);
    uint32_t count = jack_midi_get_event_count(buffer);
    for (uint32_t i = 0; i < count; i++) {
        jack_midi_event_t event;
        if (jack_midi_event_get(&event, buffer, i) == 0)
            judge(probe, &event, passed + event.time);
    }
}

static void
press(struct probe *probe, void *buffer, int key, bool on)
{
    uint8_t data[3] = {on ? 0x90 : 0x80, (uint8_t)key, 70};
    if (jack_midi_event_write(buffer, 0, data, sizeof data) != 0)
        return;
    probe->down[key] = on;
    probe->strokes += on;
}

// Some eight keys a second go down or up; at the end all go up.
static void
play(struct probe *probe, jack_nframes_t frames)
{
    void *buffer = jack_port_get_buffer(probe->out, frames);
    jack_midi_clear_buffer(buffer);
    if (probe->ending) {
        for (int key = 0; key < KEYS; key++)
            if (probe->down[key])
                press(probe, buffer, key, false);
    } else if (draw(probe, probe->step_frames / 2) < frames) {
        int key = LOWEST + (int)draw(probe, RANGE);
        press(probe, buffer, key, !probe->down[key]);
    }
}

static int
process(jack_nframes_t frames, void *arg)
{
    struct probe *probe = arg;
    jack_position_t position;
    bool rolling =
        jack_transport_query(probe->client, &position) == JackTransportRolling;
    follow(probe, &position, rolling);
    hear(probe, frames);
    play(probe, frames);
    if (!probe->ending && atomic_load(&probe->passed) >= probe->length) {
        probe->ending = true;
        jack_transport_stop(probe->client);
    }
    if (probe->ending && probe->rest-- == 0)
        atomic_store(&probe->done, true);
    return 0;
}

// Memory that a process has in use, in KiB.
static long
resident_kb(const char *pid)
{
    char *path = g_strdup_printf("/proc/%s/status", pid);
    char *text = NULL;
    long kb = 0;
    if (g_file_get_contents(path, &text, NULL, NULL)) {
        const char *line = strstr(text, "VmRSS:");
        kb = line ? strtol(line + strlen("VmRSS:"), NULL, 10) : 0;
    }
    g_free(text);
    g_free(path);
    return kb;
}

static bool
open_client(struct probe *probe, const char *player, double seconds)
{
    probe->client = jack_client_open("freewheel", JackNoStartServer, NULL);
    if (!probe->client)
        return false;
    jack_nframes_t rate = jack_get_sample_rate(probe->client);
    probe->step_frames = rate / 4;
    probe->length = (uint64_t)(seconds * rate);
    probe->in = jack_port_register(probe->client, "in", JACK_DEFAULT_MIDI_TYPE,
                                   JackPortIsInput, 0);
    probe->out = jack_port_register(probe->client, "out", JACK_DEFAULT_MIDI_TYPE,
                                    JackPortIsOutput, 0);
    jack_set_process_callback(probe->client, process, probe);
    if (jack_activate(probe->client) != 0)
        return false;
    char *from = g_strconcat(player, ":midi_out", NULL);
    char *to = g_strconcat(player, ":midi_in", NULL);
    bool ok = wires_connect(probe->client, from, jack_port_name(probe->in)) &&
              wires_connect(probe->client, jack_port_name(probe->out), to);
    g_free(from);
    g_free(to);
    return ok;
}

int
main(int argc, char **argv)
{
    static struct probe probe = {.random = 0x2545f4914f6cdd1d, .rest = 100};
    if (argc < 4)
        return 2;
    if (!open_client(&probe, argv[1], atof(argv[3])))
        return 1;
    if (argc > 4)
        jack_transport_locate(probe.client, (jack_nframes_t)strtoul(argv[4], NULL, 10));
    g_usleep(200000);
    jack_set_freewheel(probe.client, 1);
    jack_transport_start(probe.client);
    long early_kb = 0;
    while (!atomic_load(&probe.done)) {
        g_usleep(20000);
        if (early_kb == 0 && atomic_load(&probe.passed) >= probe.length / 10)
            early_kb = resident_kb(argv[2]);
    }
    long late_kb = resident_kb(argv[2]);
    jack_set_freewheel(probe.client, 0);
    jack_client_close(probe.client);
    printf("frames %" G_GUINT64_FORMAT " ons %" G_GUINT64_FORMAT
           " offs %" G_GUINT64_FORMAT " off_grid %" G_GUINT64_FORMAT
           " faults %" G_GUINT64_FORMAT " sounding %" G_GINT64_FORMAT
           " strokes %" G_GUINT64_FORMAT " early_kb %ld late_kb %ld\n",
           atomic_load(&probe.passed), probe.ons, probe.offs, probe.off_grid,
           probe.faults, probe.sounding, probe.strokes, early_kb, late_kb);
    return 0;
}
