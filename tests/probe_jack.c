// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A JACK client for the end-to-end tests: records MIDI with its frames, plays notes,
// moves the transport and is a timebase master, all at frames given beforehand.
//
// Frames on the command line count from the first cycle after every port was connected.
// After the run it prints one line for each thing recorded, in order:
//   event FRAME TRANSPORT_FRAME ROLLING HEX HEX HEX   a MIDI event
//   transport FRAME TRANSPORT_FRAME ROLLING           a change of state, or a jump
//   end FRAME TRANSPORT_FRAME ROLLING
// With --list it prints the ports instead, each with what it is connected to.
// Exit status 0; 1 no server, or a port did not appear; 3 the server went away.
#include <glib.h>
#include <jack/jack.h>
#include <jack/midiport.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/wires_jack.h"

enum { RECORDS_MAX = 1 << 18, ACTIONS_MAX = 4096, TICKS_PER_BEAT = 1920, BAR = 4 };

enum kind { EVENT, TRANSPORT, END };

struct record {
    enum kind kind;
    jack_nframes_t frame;
    jack_nframes_t transport_frame;
    bool rolling;
    uint8_t data[3];
};

enum verb { NOTE_ON, NOTE_OFF, CONTROLLER, START, STOP, LOCATE };

struct action {
    jack_nframes_t at;
    enum verb verb;
    jack_nframes_t argument; // key, number << 7 | value, or frame to locate
};

struct probe {
    jack_client_t *client;
    jack_port_t *in;
    jack_port_t *out;
    double beats_per_minute; // at frame 0; 0: not the master
    double ramp;             // BPM a second
    int latency_frames;      // of what stands behind our ports
    struct record *records;  // (RECORDS_MAX)
    int record_count;
    struct action actions[ACTIONS_MAX]; // sorted by frame
    int action_count;
    int next_action;
    bool begun;
    jack_nframes_t origin; // absolute frame of the first cycle
    jack_nframes_t length;
    bool was_rolling;
    jack_nframes_t last_frame;     // of the last cycle
    jack_nframes_t last_transport; // transport frame of that cycle
    atomic_bool ready;             // ports are connected
    atomic_bool done;
    atomic_bool lost;
};

// --- real-time thread ------------------------------------------------------------------------

static void
record(struct probe *probe, struct record what)
{
    if (probe->record_count < RECORDS_MAX)
        probe->records[probe->record_count++] = what;
}

// A cycle that the server skipped is no jump: transport and clock moved alike.
static void
record_transport(struct probe *probe, jack_nframes_t now,
                 const jack_position_t *position, bool rolling)
{
    jack_nframes_t passed = probe->was_rolling ? now - probe->last_frame : 0;
    if (rolling != probe->was_rolling ||
        position->frame != probe->last_transport + passed)
        record(probe, (struct record){TRANSPORT, now, position->frame, rolling, {0}});
    probe->was_rolling = rolling;
    probe->last_frame = now;
    probe->last_transport = position->frame;
}

static void
record_events(struct probe *probe, jack_nframes_t now, const jack_position_t *position,
              bool rolling, jack_nframes_t frames)
{
    void *buffer = jack_port_get_buffer(probe->in, frames);
    uint32_t count = jack_midi_get_event_count(buffer);
    for (uint32_t i = 0; i < count; i++) {
        jack_midi_event_t event;
        if (jack_midi_event_get(&event, buffer, i) != 0)
            continue;
        struct record what = {EVENT,
                              now + event.time,
                              position->frame + (rolling ? event.time : 0),
                              rolling,
                              {0}};
        memcpy(what.data, event.buffer, MIN(event.size, sizeof what.data));
        record(probe, what);
    }
}

static void
act(struct probe *probe, const struct action *action, void *buffer,
    jack_nframes_t offset)
{
    switch (action->verb) {
    case NOTE_ON:
    case NOTE_OFF: {
        uint8_t status = action->verb == NOTE_ON ? 0x90 : 0x80;
        uint8_t data[3] = {status, (uint8_t)action->argument, 93};
        jack_midi_event_write(buffer, offset, data, sizeof data);
        break;
    }
    case CONTROLLER: {
        uint8_t data[3] = {0xb0, (uint8_t)(action->argument >> 7),
                           (uint8_t)(action->argument & 0x7f)};
        jack_midi_event_write(buffer, offset, data, sizeof data);
        break;
    }
    case START:
        jack_transport_start(probe->client);
        break;
    case STOP:
        jack_transport_stop(probe->client);
        break;
    case LOCATE:
        jack_transport_locate(probe->client, action->argument);
        break;
    }
}

static int
process(jack_nframes_t frames, void *arg)
{
    struct probe *probe = arg;
    void *buffer = jack_port_get_buffer(probe->out, frames);
    jack_midi_clear_buffer(buffer);
    if (!atomic_load(&probe->ready) || atomic_load(&probe->done))
        return 0;
    jack_nframes_t absolute = jack_last_frame_time(probe->client);
    if (!probe->begun)
        probe->origin = absolute;
    probe->begun = true;
    jack_nframes_t now = absolute - probe->origin;
    jack_position_t position;
    bool rolling =
        jack_transport_query(probe->client, &position) == JackTransportRolling;
    record_transport(probe, now, &position, rolling);
    record_events(probe, now, &position, rolling, frames);
    while (probe->next_action < probe->action_count &&
           probe->actions[probe->next_action].at < now + frames) {
        const struct action *action = &probe->actions[probe->next_action++];
        act(probe, action, buffer, action->at > now ? action->at - now : 0);
    }
    if (now >= probe->length) {
        record(probe, (struct record){END, now, position.frame, rolling, {0}});
        atomic_store(&probe->done, true);
    }
    return 0;
}

// The tempo is beats_per_minute + ramp * seconds; its integral gives the beat.
static void
timebase(jack_transport_state_t state, jack_nframes_t frames, jack_position_t *position,
         int is_new, void *arg)
{
    (void)state;
    (void)frames;
    (void)is_new;
    struct probe *probe = arg;
    double seconds = (double)position->frame / (double)position->frame_rate;
    double beats = (probe->beats_per_minute + probe->ramp * seconds / 2) * seconds / 60;
    double whole = floor(beats);
    position->valid = JackPositionBBT;
    position->bar = (int32_t)(whole / BAR) + 1;
    position->beat = (int32_t)fmod(whole, BAR) + 1;
    position->tick = (int32_t)((beats - whole) * TICKS_PER_BEAT);
#ifdef JACK_TICK_DOUBLE
    position->valid |= JackTickDouble;
    position->tick_double = (beats - whole) * TICKS_PER_BEAT;
#endif
    position->bar_start_tick = floor(whole / BAR) * BAR * TICKS_PER_BEAT;
    position->beats_per_bar = BAR;
    position->beat_type = 4;
    position->ticks_per_beat = TICKS_PER_BEAT;
    position->beats_per_minute = probe->beats_per_minute + probe->ramp * seconds;
}

static void
on_latency(jack_latency_callback_mode_t mode, void *arg)
{
    const struct probe *probe = arg;
    jack_nframes_t frames = (jack_nframes_t)probe->latency_frames;
    jack_latency_range_t range = {frames, frames};
    jack_port_set_latency_range(mode == JackCaptureLatency ? probe->out : probe->in,
                                mode, &range);
}

static void
on_shutdown(void *arg)
{
    struct probe *probe = arg;
    atomic_store(&probe->lost, true);
}

// --- main thread -----------------------------------------------------------------------------

static int
by_frame(const void *a, const void *b)
{
    const struct action *one = a, *other = b;
    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return one->verb < other->verb ? -1 : one->verb > other->verb;
}

static bool
add(struct probe *probe, jack_nframes_t at, enum verb verb, jack_nframes_t argument)
{
    if (probe->action_count == ACTIONS_MAX)
        return false;
    probe->actions[probe->action_count++] = (struct action){at, verb, argument};
    return true;
}

// start@FRAME, stop@FRAME, locate=TO@FRAME, note=KEY@FRAME+LENGTH, cc=NUMBER:VALUE@FRAME
static bool
parse_action(struct probe *probe, const char *text)
{
    unsigned at, argument, length, value;
    char rest;
    if (sscanf(text, "start@%u%c", &at, &rest) == 1)
        return add(probe, at, START, 0);
    if (sscanf(text, "stop@%u%c", &at, &rest) == 1)
        return add(probe, at, STOP, 0);
    if (sscanf(text, "locate=%u@%u%c", &argument, &at, &rest) == 2)
        return add(probe, at, LOCATE, argument);
    if (sscanf(text, "note=%u@%u+%u%c", &argument, &at, &length, &rest) == 3)
        return argument < 128 && add(probe, at, NOTE_ON, argument) &&
               add(probe, at + length, NOTE_OFF, argument);
    if (sscanf(text, "cc=%u:%u@%u%c", &argument, &value, &at, &rest) == 3)
        return argument < 128 && value < 128 &&
               add(probe, at, CONTROLLER, argument << 7 | value);
    return false;
}

static bool
open_client(struct probe *probe, const char *name)
{
    wires_quiet();
    probe->client = jack_client_open(name, JackNoStartServer, NULL);
    if (!probe->client) {
        fprintf(stderr, "probe_jack: no server\n");
        return false;
    }
    probe->in = jack_port_register(probe->client, "in", JACK_DEFAULT_MIDI_TYPE,
                                   JackPortIsInput, 0);
    probe->out = jack_port_register(probe->client, "out", JACK_DEFAULT_MIDI_TYPE,
                                    JackPortIsOutput, 0);
    jack_set_process_callback(probe->client, process, probe);
    jack_on_shutdown(probe->client, on_shutdown, probe);
    jack_set_latency_callback(probe->client, on_latency, probe);
    if (probe->beats_per_minute > 0)
        jack_set_timebase_callback(probe->client, 0, timebase, probe);
    return jack_activate(probe->client) == 0;
}

static void
print_records(const struct probe *probe)
{
    static const char *const names[] = {"event", "transport", "end"};
    for (int i = 0; i < probe->record_count; i++) {
        const struct record *r = &probe->records[i];
        printf("%s %u %u %d", names[r->kind], r->frame, r->transport_frame, r->rolling);
        if (r->kind == EVENT)
            printf(" %02x %02x %02x", r->data[0], r->data[1], r->data[2]);
        putchar('\n');
    }
}

static int
list(const char *name)
{
    wires_quiet();
    jack_client_t *client = jack_client_open(name, JackNoStartServer, NULL);
    if (!client)
        return 1;
    const char **ports = jack_get_ports(client, NULL, NULL, 0);
    for (int i = 0; ports && ports[i]; i++) {
        printf("%s", ports[i]);
        const jack_port_t *port = jack_port_by_name(client, ports[i]);
        const char **others = jack_port_get_all_connections(client, port);
        for (int k = 0; others && others[k]; k++)
            printf(" -> %s", others[k]);
        putchar('\n');
        jack_free(others);
    }
    jack_free(ports);
    jack_client_close(client);
    return 0;
}

static int
run(struct probe *probe, const char *name, const char *listen, const char *send,
    double seconds)
{
    if (!open_client(probe, name))
        return 1;
    probe->length =
        (jack_nframes_t)(seconds * (double)jack_get_sample_rate(probe->client));
    if (listen && !wires_connect(probe->client, listen, jack_port_name(probe->in)))
        return 1;
    if (send && !wires_connect(probe->client, jack_port_name(probe->out), send))
        return 1;
    atomic_store(&probe->ready, true);
    while (!atomic_load(&probe->done) && !atomic_load(&probe->lost))
        g_usleep(10000);
    print_records(probe);
    if (atomic_load(&probe->lost))
        return 3; // without closing: that may wait for the dead server
    jack_client_close(probe->client);
    return 0;
}

int
main(int argc, char **argv)
{
    struct probe *probe = g_new0(struct probe, 1);
    g_autofree char *name = NULL, *listen = NULL, *send = NULL;
    double seconds = 5;
    gboolean listing = FALSE;
    const GOptionEntry entries[] = {
        {"list", 0, 0, G_OPTION_ARG_NONE, &listing, "Print the ports", NULL},
        {"name", 0, 0, G_OPTION_ARG_STRING, &name, "Client name", "NAME"},
        {"listen", 0, 0, G_OPTION_ARG_STRING, &listen, "Record from it", "PORT"},
        {"send", 0, 0, G_OPTION_ARG_STRING, &send, "Send notes to it", "PORT"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of the run", "N"},
        {"master", 0, 0, G_OPTION_ARG_DOUBLE, &probe->beats_per_minute, "Tempo", "BPM"},
        {"latency", 0, 0, G_OPTION_ARG_INT, &probe->latency_frames, "Of its ports",
         "FRAMES"},
        {"ramp", 0, 0, G_OPTION_ARG_DOUBLE, &probe->ramp, "BPM a second", "BPM"},
        {0}};
    GOptionContext *context = g_option_context_new("ACTION...");
    g_option_context_add_main_entries(context, entries, NULL);
    bool usable = g_option_context_parse(context, &argc, &argv, NULL);
    for (int i = 1; i < argc; i++)
        usable = usable && parse_action(probe, argv[i]);
    g_option_context_free(context);
    if (!usable) {
        fprintf(stderr, "probe_jack: what is meant?\n");
        return 2;
    }
    if (listing)
        return list("probe_list");
    qsort(probe->actions, (size_t)probe->action_count, sizeof probe->actions[0],
          by_frame);
    probe->records = g_new0(struct record, RECORDS_MAX);
    int status = run(probe, name ? name : "probe", listen, send, seconds);
    if (status != 3) { // else JACK's thread may still be there
        g_free(probe->records);
        g_free(probe);
    }
    return status;
}
