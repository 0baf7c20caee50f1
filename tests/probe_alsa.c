// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A sequencer client for the end-to-end tests: records events with the time for which they
// were scheduled and the time at which they came, and plays notes.
//
// Port 0, "in", takes events as they were sent, with the time on the sender's queue; port 1,
// "stamped", takes the same events with the time on the probe's own queue.  Port 2, "out",
// sends.  All times are counted in frames of 1/48,000 s; those on the command line from the
// moment when every port was connected.  After the run it prints what it recorded, in the
// form of tests/probe_jack.c:
//   event ARRIVED SCHEDULED 1 HEX HEX HEX
//   end ARRIVED 0 1
// Exit status 0; 1 no sequencer, or a port did not appear; 3 the two ports disagree.
#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "io/alsa_clock.h"
#include "io/alsa_event.h"

enum { RATE_HZ = 48000, RECORDS_MAX = 1 << 16, POOL_EVENTS = 2000 };
enum { IN, STAMPED, OUT };

struct records {
    int count;
    uint64_t frame[RECORDS_MAX];
    struct mg_midi_event message[RECORDS_MAX];
};

struct probe {
    snd_seq_t *seq;
    snd_midi_event_t *coder;
    int queue;
    gint64 origin; // subtracted from scheduled times
    struct records records[2];
};

// --- the client ------------------------------------------------------------------------------

static bool
make_ports(struct probe *probe)
{
    static const struct {
        const char *name;
        unsigned capabilities;
    } PORTS[] = {
        {"in", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE},
        {"stamped", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE},
        {"out", SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ},
    };
    snd_seq_port_info_t *info;
    snd_seq_port_info_alloca(&info);
    for (int i = IN; i <= OUT; i++) {
        snd_seq_port_info_set_name(info, PORTS[i].name);
        snd_seq_port_info_set_capability(info, PORTS[i].capabilities);
        snd_seq_port_info_set_type(info, SND_SEQ_PORT_TYPE_MIDI_GENERIC);
        snd_seq_port_info_set_timestamping(info, i == STAMPED);
        snd_seq_port_info_set_timestamp_real(info, 1);
        snd_seq_port_info_set_timestamp_queue(info, probe->queue);
        if (snd_seq_create_port(probe->seq, info) < 0 ||
            snd_seq_port_info_get_port(info) != i)
            return false;
    }
    return true;
}

static bool
open_probe(struct probe *probe, const char *name)
{
    if (snd_seq_open(&probe->seq, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK) < 0)
        return false;
    snd_seq_set_client_name(probe->seq, name);
    snd_seq_set_client_pool_input(probe->seq, POOL_EVENTS);
    snd_seq_set_client_pool_output(probe->seq, POOL_EVENTS);
    snd_midi_event_new(MG_ALSA_EVENT_BYTES, &probe->coder);
    snd_midi_event_no_status(probe->coder, 1);
    probe->queue = snd_seq_alloc_queue(probe->seq);
    return probe->queue >= 0 && make_ports(probe);
}

// Waits up to ten seconds for a port, which may not be there yet.
static bool
find(struct probe *probe, const char *port, snd_seq_addr_t *address)
{
    for (int i = 0; i < 200; i++) {
        if (snd_seq_parse_address(probe->seq, address, port) == 0)
            return true;
        g_usleep(50000);
    }
    fprintf(stderr, "probe_alsa: there is no %s\n", port);
    return false;
}

static bool
connect_ports(struct probe *probe, const char *listen, const char *send)
{
    snd_seq_addr_t a;
    if (listen && (!find(probe, listen, &a) ||
                   snd_seq_connect_from(probe->seq, STAMPED, a.client, a.port) < 0 ||
                   snd_seq_connect_from(probe->seq, IN, a.client, a.port) < 0))
        return false;
    return !send || (find(probe, send, &a) &&
                     snd_seq_connect_to(probe->seq, OUT, a.client, a.port) == 0);
}

// --- sending ---------------------------------------------------------------------------------

static void
schedule(struct probe *probe, unsigned frame, snd_seq_event_t *event)
{
    event->source.port = OUT;
    event->dest.client = SND_SEQ_ADDRESS_SUBSCRIBERS;
    event->queue = (unsigned char)probe->queue;
    event->flags |= SND_SEQ_TIME_STAMP_REAL;
    event->time.time = mg_alsa_clock_time(frame, RATE_HZ);
    snd_seq_event_output_direct(probe->seq, event);
}

static void
send_dump(struct probe *probe, unsigned frame, unsigned size)
{
    uint8_t *bytes = g_malloc0(size);
    bytes[0] = 0xf0;
    bytes[size - 1] = 0xf7;
    snd_seq_event_t event = {.type = SND_SEQ_EVENT_SYSEX,
                             .flags = SND_SEQ_EVENT_LENGTH_VARIABLE,
                             .data.ext = {.len = size, .ptr = bytes}};
    schedule(probe, frame, &event);
    g_free(bytes);
}

static bool
send_message(struct probe *probe, unsigned frame, struct mg_midi_event message)
{
    snd_seq_event_t event;
    if (!mg_alsa_event_encode(probe->coder, &message, &event))
        return false;
    schedule(probe, frame, &event);
    return true;
}

// note=KEY@FRAME+LENGTH, byte=HEX@FRAME, sysex=BYTES@FRAME
static bool
act(struct probe *probe, const char *text)
{
    unsigned at, value, length;
    char rest;
    if (sscanf(text, "sysex=%u@%u%c", &length, &at, &rest) == 2 && length >= 2) {
        send_dump(probe, at, length);
        return true;
    }
    if (sscanf(text, "byte=%x@%u%c", &value, &at, &rest) == 2)
        return send_message(probe, at, (struct mg_midi_event){0, 1, {(uint8_t)value}});
    if (sscanf(text, "note=%u@%u+%u%c", &value, &at, &length, &rest) != 3)
        return false;
    uint8_t key = (uint8_t)value;
    return send_message(probe, at, (struct mg_midi_event){0, 3, {0x90, key, 93}}) &&
           send_message(probe, at + length,
                        (struct mg_midi_event){0, 3, {0x80, key, 93}});
}

// --- recording -------------------------------------------------------------------------------

static void
record(struct probe *probe, const snd_seq_event_t *event)
{
    struct mg_midi_event messages[MG_ALSA_EVENT_MESSAGES];
    int count = mg_alsa_event_decode(probe->coder, event, 0, messages);
    struct records *records = &probe->records[event->dest.port == STAMPED];
    for (int i = 0; i < count && records->count < RECORDS_MAX; i++) {
        records->frame[records->count] =
            mg_alsa_clock_frame(&event->time.time, RATE_HZ);
        records->message[records->count++] = messages[i];
    }
}

static void
record_for(struct probe *probe, double seconds)
{
    struct pollfd descriptor;
    snd_seq_poll_descriptors(probe->seq, &descriptor, 1, POLLIN);
    gint64 end_us = g_get_monotonic_time() + (gint64)(seconds * 1e6);
    for (gint64 left = 1; left > 0; left = end_us - g_get_monotonic_time()) {
        poll(&descriptor, 1, (int)(left / 1000) + 1);
        snd_seq_event_t *event;
        while (snd_seq_event_input(probe->seq, &event) >= 0)
            record(probe, event);
    }
}

static int
print_records(const struct probe *probe)
{
    const struct records *sent = &probe->records[IN], *came = &probe->records[STAMPED];
    if (sent->count != came->count)
        return 3;
    for (int i = 0; i < came->count; i++) {
        const uint8_t *data = came->message[i].data;
        if (memcmp(data, sent->message[i].data, 3) != 0)
            return 3;
        printf("event %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " 1 %02x %02x %02x\n",
               came->frame[i], (gint64)sent->frame[i] - probe->origin, data[0], data[1],
               data[2]);
    }
    printf("end %" G_GUINT64_FORMAT " 0 1\n",
           came->count ? came->frame[came->count - 1] : 0);
    return 0;
}

int
main(int argc, char **argv)
{
    g_autofree char *name = NULL, *listen = NULL, *send = NULL;
    struct probe *probe = g_new0(struct probe, 1);
    double seconds = 5;
    const GOptionEntry entries[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &name, "Client name", "NAME"},
        {"listen", 0, 0, G_OPTION_ARG_STRING, &listen, "Record from it", "PORT"},
        {"send", 0, 0, G_OPTION_ARG_STRING, &send, "Send notes to it", "PORT"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of the run", "N"},
        {"origin", 0, 0, G_OPTION_ARG_INT64, &probe->origin,
         "Where the sender's song begins", "FRAME"},
        {0}};
    GOptionContext *context = g_option_context_new("ACTION...");
    g_option_context_add_main_entries(context, entries, NULL);
    bool usable = g_option_context_parse(context, &argc, &argv, NULL);
    g_option_context_free(context);
    if (!usable)
        return 2;
    if (!open_probe(probe, name ? name : "probe") ||
        !connect_ports(probe, listen, send))
        return 1;
    snd_seq_start_queue(probe->seq, probe->queue, NULL);
    snd_seq_drain_output(probe->seq);
    snd_seq_nonblock(probe->seq, 0); // a long list waits until there is room
    for (int i = 1; i < argc; i++)
        if (!act(probe, argv[i]))
            return 2;
    snd_seq_nonblock(probe->seq, 1);
    record_for(probe, seconds);
    int status = print_records(probe);
    snd_midi_event_free(probe->coder);
    snd_seq_close(probe->seq);
    g_free(probe);
    return status;
}
