// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The JACK driver: a client that follows the transport, with one MIDI input and one
// output.
#include <errno.h>
#include <jack/jack.h>
#include <jack/midiport.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/driver_table.h"
#include "io/jack_names.h"
#include "io/jack_ports.h"
#include "io/jack_transport.h"

struct jack {
    struct mg_driver base;
    jack_client_t *client;
    jack_port_t *midi_in;
    jack_port_t *midi_out;
    struct mg_jack_ports ports;
    struct mg_jack_transport transport;

    // Set by JACK's callbacks, read by the real-time thread and by status.
    atomic_uint rate_hz;
    atomic_uint period_frames;
    atomic_bool freewheel;
    atomic_bool wired;     // the connections that can be made are made: run may begin
    atomic_bool unplugged; // midi_in lost a connection
    atomic_bool lost;
    atomic_ullong cycles;
    atomic_ullong xruns;
    atomic_ullong ignored_in;
    atomic_ullong failed_out;
    atomic_uint longest_us;
    atomic_int priority;

    bool is_named; // the names were set; main thread

    // Real-time thread only.
    struct mg_midi_event in[MG_DRIVER_IN_MAX];
    struct mg_midi_event out[MG_DRIVER_OUT_MAX];
};

// --- real-time thread: no lock, no allocation, no waiting ----------------------------

// Copies short events; the others are counted.  Returns their number.
static int
read_events(struct jack *jack, jack_nframes_t frames)
{
    void *buffer = jack_port_get_buffer(jack->midi_in, frames);
    uint32_t count = jack_midi_get_event_count(buffer), ignored = 0;
    int kept =
        atomic_exchange(&jack->unplugged, false) ? mg_driver_let_go(jack->in, 0) : 0;
    for (uint32_t i = 0; i < count; i++) {
        jack_midi_event_t event;
        if (kept == MG_DRIVER_IN_MAX || jack_midi_event_get(&event, buffer, i) != 0 ||
            event.size < 1 || event.size > 3) {
            ignored++;
            continue;
        }
        struct mg_midi_event *to = &jack->in[kept++];
        *to = (struct mg_midi_event){
            .frame = event.time < frames ? event.time : frames - 1,
            .size = (uint8_t)event.size,
        };
        memcpy(to->data, event.buffer, event.size);
    }
    if (ignored)
        atomic_fetch_add(&jack->ignored_in, ignored);
    return kept;
}

static void
write_events(struct jack *jack, jack_nframes_t frames, const struct mg_cycle *cycle)
{
    void *buffer = jack_port_get_buffer(jack->midi_out, frames);
    jack_midi_clear_buffer(buffer);
    uint32_t failed = 0;
    for (int i = 0; i < cycle->out_count; i++) {
        const struct mg_midi_event *event = &cycle->out[i];
        // JACK refuses an event that does not fit or comes before its predecessor.
        if (jack_midi_event_write(buffer, event->frame, event->data, event->size) != 0)
            failed++;
    }
    if (failed)
        atomic_fetch_add(&jack->failed_out, failed);
}

static int
process(jack_nframes_t frames, void *arg)
{
    struct jack *jack = arg;
    jack_time_t begun_us = jack_get_time();
    struct mg_cycle cycle = {
        .frames = frames,
        .rate_hz = atomic_load_explicit(&jack->rate_hz, memory_order_relaxed),
        .freewheel = atomic_load_explicit(&jack->freewheel, memory_order_relaxed),
        .in = jack->in,
        .out = jack->out,
        .out_capacity = MG_DRIVER_OUT_MAX,
    };
    if (frames > 0 && atomic_load_explicit(&jack->wired, memory_order_acquire) &&
        !atomic_load_explicit(&jack->base.closing, memory_order_acquire)) {
        mg_jack_transport_read(&jack->transport, &cycle.transport);
        cycle.in_count = read_events(jack, frames);
        jack->base.config.run(jack->base.config.context, &cycle);
    }
    write_events(jack, frames, &cycle);
    if (atomic_load_explicit(&jack->cycles, memory_order_relaxed) == 0)
        atomic_store(&jack->priority, mg_driver_priority());
    atomic_fetch_add_explicit(&jack->cycles, 1, memory_order_release);
    unsigned took_us = (unsigned)(jack_get_time() - begun_us);
    // In freewheel run may wait, and that is no sign of anything.
    if (!cycle.freewheel && took_us > atomic_load(&jack->longest_us))
        atomic_store(&jack->longest_us, took_us);
    return 0;
}

// --- JACK's notification thread: sets a flag, asks the server for nothing ------------

static int
on_rate(jack_nframes_t rate_hz, void *arg)
{
    struct jack *jack = arg;
    atomic_store(&jack->rate_hz, rate_hz);
    return 0;
}

static int
on_period(jack_nframes_t frames, void *arg)
{
    struct jack *jack = arg;
    atomic_store(&jack->period_frames, frames);
    return 0;
}

static void
on_freewheel(int starting, void *arg)
{
    struct jack *jack = arg;
    atomic_store(&jack->freewheel, starting != 0);
}

static int
on_xrun(void *arg)
{
    struct jack *jack = arg;
    atomic_fetch_add(&jack->xruns, 1);
    return 0;
}

static void
on_port(jack_port_id_t id, int registered, void *arg)
{
    struct jack *jack = arg;
    mg_jack_ports_note(&jack->ports, id, registered);
}

static void
on_connection(jack_port_id_t a, jack_port_id_t b, int connected, void *arg)
{
    struct jack *jack = arg;
    mg_jack_ports_note_wire(&jack->ports);
    // Looked up in this process.
    if (!connected && (jack_port_by_id(jack->client, a) == jack->midi_in ||
                       jack_port_by_id(jack->client, b) == jack->midi_in))
        atomic_store(&jack->unplugged, true);
}

// Notes leave at their frame: nothing lies between the transport and our ports.
static void
on_latency(jack_latency_callback_mode_t mode, void *arg)
{
    struct jack *jack = arg;
    jack_latency_range_t none = {0, 0};
    jack_port_set_latency_range(
        mode == JackCaptureLatency ? jack->midi_out : jack->midi_in, mode, &none);
}

static void
on_shutdown(jack_status_t code, const char *reason, void *arg)
{
    (void)code;
    (void)reason;
    struct jack *jack = arg;
    const struct mg_driver_config *config = &jack->base.config;
    atomic_store(&jack->lost, true);
    if (config->lost && !atomic_load(&jack->base.closing))
        config->lost(config->lost_context);
}

// --- main thread ---------------------------------------------------------------------

// What JACK says about itself is not for the user's terminal; the first line since a call
// is kept for the error message: it names the cause, and the others its consequences.
// The callback takes no context, hence the two statics.
static atomic_flag said_taken = ATOMIC_FLAG_INIT;
static char said[160];

static void
on_message(const char *message)
{
    // A real-time thread may be speaking: it must not wait; a collision drops the line.
    if (atomic_flag_test_and_set_explicit(&said_taken, memory_order_acquire))
        return;
    if (said[0] == '\0')
        g_strlcpy(said, message, sizeof said);
    atomic_flag_clear_explicit(&said_taken, memory_order_release);
}

static void
on_chatter(const char *message)
{
    (void)message;
}

static void
forget_messages(void)
{
    if (atomic_flag_test_and_set_explicit(&said_taken, memory_order_acquire))
        return;
    said[0] = '\0';
    atomic_flag_clear_explicit(&said_taken, memory_order_release);
}

static const char *
reason(char *copy, size_t size)
{
    copy[0] = '\0';
    if (!atomic_flag_test_and_set_explicit(&said_taken, memory_order_acquire)) {
        g_strlcpy(copy, said, size);
        atomic_flag_clear_explicit(&said_taken, memory_order_release);
    }
    return copy[0] ? copy : "no reason given";
}

static int
fail(GError **error, int rc, const char *what)
{
    char copy[sizeof said];
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "JACK: %s (%s)", what,
                reason(copy, sizeof copy));
    return rc;
}

static void
set_callbacks(struct jack *jack)
{
    jack_set_process_callback(jack->client, process, jack);
    jack_set_sample_rate_callback(jack->client, on_rate, jack);
    jack_set_buffer_size_callback(jack->client, on_period, jack);
    jack_set_freewheel_callback(jack->client, on_freewheel, jack);
    jack_set_xrun_callback(jack->client, on_xrun, jack);
    jack_set_port_registration_callback(jack->client, on_port, jack);
    jack_set_port_connect_callback(jack->client, on_connection, jack);
    jack_set_latency_callback(jack->client, on_latency, jack);
    jack_on_info_shutdown(jack->client, on_shutdown, jack);
}

static int
make_client(struct jack *jack, GError **error)
{
    forget_messages();
    // A server that is not there is not started: that is the user's business.
    jack_status_t status = 0;
    jack->client = jack_client_open(jack->base.config.name, JackNoStartServer, &status);
    if (!jack->client) {
        if (status & (JackServerFailed | JackServerError))
            return fail(error, -ECONNREFUSED, "no server answers; start one first");
        return fail(error, -EIO, "the server refused the client");
    }
    forget_messages();
    // What a keyboard held when an earlier server went away nobody will let go of.
    atomic_store(&jack->unplugged, true);
    atomic_store(&jack->rate_hz, jack_get_sample_rate(jack->client));
    atomic_store(&jack->period_frames, jack_get_buffer_size(jack->client));
    jack->midi_in = jack_port_register(jack->client, "midi_in", JACK_DEFAULT_MIDI_TYPE,
                                       JackPortIsInput, 0);
    jack->midi_out = jack_port_register(jack->client, "midi_out",
                                        JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput, 0);
    if (!jack->midi_in || !jack->midi_out)
        return fail(error, -EIO, "no port could be registered");
    mg_jack_ports_init(&jack->ports, jack->client, jack->midi_in, jack->midi_out,
                       jack->base.config.connect);
    set_callbacks(jack);
    mg_jack_transport_init(&jack->transport, jack->client, &jack->base);
    return 0;
}

static int
start(struct mg_driver *driver, GError **error)
{
    struct jack *jack = (struct jack *)driver;
    forget_messages();
    if (jack_activate(jack->client) != 0)
        return fail(error, -EIO, "the client could not be activated");
    mg_jack_names_set(jack->client, jack->midi_in, jack->midi_out);
    jack->is_named = true;
    mg_jack_ports_service(&jack->ports);
    atomic_store_explicit(&jack->wired, true, memory_order_release);
    if (jack->base.config.start_transport)
        jack_transport_start(jack->client);
    return 0;
}

static void
service(struct mg_driver *driver)
{
    struct jack *jack = (struct jack *)driver;
    if (!atomic_load(&jack->lost)) // a call to a dead server may wait for its time-out
        mg_jack_ports_service(&jack->ports);
}

// What was remembered: the server may be gone.
static char **
connections(struct mg_driver *driver)
{
    struct jack *jack = (struct jack *)driver;
    return mg_jack_ports_wishes(&jack->ports);
}

static void
get_status(struct mg_driver *driver, struct mg_driver_status *status)
{
    struct jack *jack = (struct jack *)driver;
    bool lost = atomic_load(&jack->lost);
    *status = (struct mg_driver_status){
        .name = jack_get_client_name(jack->client),
        .rate_hz = atomic_load(&jack->rate_hz),
        .period_frames = atomic_load(&jack->period_frames),
        .cycles = atomic_load_explicit(&jack->cycles, memory_order_acquire),
        .xruns = atomic_load(&jack->xruns),
        .ignored_in = atomic_load(&jack->ignored_in),
        .failed_out = atomic_load(&jack->failed_out),
        .longest_us = atomic_load(&jack->longest_us),
        .priority = atomic_load(&jack->priority),
        .is_connected = !lost && jack_port_connected(jack->midi_out) > 0,
        .is_timebase = atomic_load(&jack->transport.is_timebase),
        .lost = lost,
    };
}

// --- closing -------------------------------------------------------------------------

// jack_client_close() has been seen to wait for 37 s after another client had frozen.  It
// holds libjack's lock meanwhile: jack_client_open() would wait for that without end.
static atomic_int closing_clients;

static void
close_client(jack_client_t *client)
{
    atomic_fetch_add(&closing_clients, 1);
    jack_client_close(client);
    atomic_fetch_sub(&closing_clients, 1);
}

// A server that ends tells its clients of each other's end.  jack_client_close() cancels
// the thread that hears it, in the middle of what it does: a lock that it holds is never
// released, and libjack is dead for this process (1.9.21: at one in 50 to 120 servers).
// What is to be heard is heard after this time.
static void
let_server_end(void)
{
    static const struct timespec TIME = {.tv_nsec = 500000000};
    nanosleep(&TIME, NULL);
}

static void
finish(struct mg_driver *driver)
{
    struct jack *jack = (struct jack *)driver;
    if (atomic_load(&jack->lost))
        let_server_end();
    else if (jack->is_named)
        mg_jack_names_clear(jack->client, jack->midi_in, jack->midi_out);
    if (jack->client)
        close_client(jack->client);
    mg_jack_ports_finish(&jack->ports);
    free(jack);
}

static const struct mg_driver_table table = {
    .start = start,
    .service = service,
    .status = get_status,
    .connections = connections,
    .finish = finish,
};

int
mg_jack_open(const struct mg_driver_config *config, struct mg_driver **driver,
             GError **error)
{
    jack_set_error_function(on_message);
    jack_set_info_function(on_chatter);
    if (atomic_load(&closing_clients) > 0) {
        forget_messages();
        return fail(error, -EBUSY, "an earlier client is still being closed");
    }
    struct jack *jack = mg_driver_allocate(sizeof *jack);
    if (!jack) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "JACK: no memory");
        return -ENOMEM;
    }
    jack->base = (struct mg_driver){.table = &table, .config = *config};
    int rc = make_client(jack, error);
    if (rc != 0) {
        mg_driver_close(&jack->base);
        return rc;
    }
    *driver = &jack->base;
    return 0;
}
