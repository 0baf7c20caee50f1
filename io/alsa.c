// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ALSA sequencer driver: a thread that runs cycle after cycle of a queue's time.
//
// Cycle n covers the queue's time from n to n + 1 periods and is run at its end, when all
// of its input has come, with the time at which it came.  Its output is given to the
// queue, to leave two periods after its frame: one has passed by then, and the thread may
// wake up late by another.  A cycle that is later than that is left out (an xrun), so
// that nothing is scheduled in the past.
#include <alsa/asoundlib.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "io/alsa_clock.h"
#include "io/alsa_event.h"
#include "io/alsa_ports.h"
#include "io/alsa_quiet.h"
#include "io/driver_table.h"

enum {
    PERIODS_PER_S = 200,  // 5 ms, where the config says nothing
    LATENCY_PERIODS = 2,  // see above
    STOPPED_DIVISOR = 4,  // a quarter of a second: the first step is composed meanwhile
    PRIORITY = 60,        // below a JACK server's 70, above what draws and decodes
    STACK_BYTES = 262144, // locked in memory, where the default's 8 MiB would be too
    NAP_MAX_NS = 100000000, // then the thread looks whether it is to end

    // The queue sends what is due at each tick of its timer.  1,000 Hz is the kernel's
    // default; a byte takes 320 us on a MIDI cable.
    TIMER_HZ = 3125,

    // Events that wait in the kernel, in each direction: the most that it allows.
    POOL_EVENTS = 2000,
    // Output waits for up to three periods: what is written in one of them always fits.
    OUT_EVENTS = 512,
    // A sysex dump that is larger than this buffer would stay in the kernel's for ever,
    // and all that comes after it.  This takes a whole pool, at 28 bytes an event.
    IN_BYTES = 65536,
};

struct alsa {
    struct mg_driver base;
    uint32_t rate_hz;
    uint32_t period_frames;
    snd_seq_addr_t midi_in;
    snd_seq_addr_t midi_out;
    int queue;
    struct mg_alsa_ports ports; // main thread
    pthread_t thread;
    bool is_running; // the thread is there; main thread

    // Written by the real-time thread, read by status.
    atomic_ullong cycles;
    atomic_ullong xruns;
    atomic_ullong ignored_in;
    atomic_ullong failed_out;
    atomic_uint longest_us;
    atomic_int priority;

    // The real-time thread's own, from start until it has ended.
    snd_seq_t *seq;
    snd_midi_event_t *coder;
    uint64_t next;            // the cycle to be run next
    uint64_t first;           // the one in which the transport begins to roll
    snd_seq_event_t *waiting; // read, but of a cycle to come; libasound's
    struct mg_midi_event in[MG_DRIVER_IN_MAX];
    struct mg_midi_event out[OUT_EVENTS];
};

// --- real-time thread ----------------------------------------------------------------
//
// Read in libasound 1.2.8 and later (src/seq/seq.c, seq_midi_event.c): with the buffers
// made in open_client(), the calls below neither allocate nor lock; input and drain are
// one read() and one write() that return at once, the queue's status is one ioctl().
// output_buffer() copies into the output buffer; snd_seq_event_output() would write when
// it is full, and a sysex would be allocated for.

static int64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)MG_ALSA_NS_PER_S + now.tv_nsec;
}

static snd_seq_real_time_t
queue_time(const struct alsa *alsa)
{
    snd_seq_queue_status_t *status;
    snd_seq_queue_status_alloca(&status);
    snd_seq_get_queue_status(alsa->seq, alsa->queue, status);
    return *snd_seq_queue_status_get_real_time(status);
}

// Writes the messages of one event.  Returns their number.  A keyboard that has gone lets
// go of its keys.
static int
take_event(struct alsa *alsa, const snd_seq_event_t *event, uint32_t frame,
           struct mg_midi_event *to)
{
    if (event->type == SND_SEQ_EVENT_PORT_UNSUBSCRIBED)
        return mg_driver_let_go(to, frame);
    int count = mg_alsa_event_decode(alsa->coder, event, frame, to);
    bool is_news = event->type >= SND_SEQ_EVENT_CLIENT_START &&
                   event->type <= SND_SEQ_EVENT_PORT_UNSUBSCRIBED;
    if (count == 0 && !is_news)
        atomic_fetch_add(&alsa->ignored_in, 1);
    return count;
}

// What came in before the end of the cycle that begins at `start`.  Returns the number of
// messages.  What finds no room is left for the next cycle.
static int
read_events(struct alsa *alsa, uint64_t start)
{
    int count = 0;
    uint32_t offset = 0; // never falls: the queue's clock may step back by microseconds
    for (int reads = 0; reads < POOL_EVENTS; reads++) {
        if (count > MG_DRIVER_IN_MAX - MG_DRIVER_LET_GO)
            break;
        int rc = alsa->waiting ? 0 : snd_seq_event_input(alsa->seq, &alsa->waiting);
        if (rc == -ENOSPC) { // some were lost, and perhaps a note-off among them
            atomic_fetch_add(&alsa->ignored_in, 1);
            count += mg_driver_let_go(alsa->in + count, offset);
            continue;
        }
        if (rc < 0)
            break;
        uint64_t frame = mg_alsa_clock_frame(&alsa->waiting->time.time, alsa->rate_hz);
        if (frame >= start + alsa->period_frames)
            break;
        if (frame > start + offset)
            offset = (uint32_t)(frame - start);
        count += take_event(alsa, alsa->waiting, offset, alsa->in + count);
        alsa->waiting = NULL;
    }
    return count;
}

// Hands a message to the output buffer, to leave at a frame of the queue's time.
static bool
send(struct alsa *alsa, const struct mg_midi_event *message, uint64_t frame)
{
    snd_seq_event_t event;
    if (!mg_alsa_event_encode(alsa->coder, message, &event))
        return false;
    event.source = alsa->midi_out;
    event.dest.client = SND_SEQ_ADDRESS_SUBSCRIBERS;
    event.queue = (unsigned char)alsa->queue;
    event.flags |= SND_SEQ_TIME_STAMP_REAL;
    event.time.time = mg_alsa_clock_time(frame, alsa->rate_hz);
    return snd_seq_event_output_buffer(alsa->seq, &event) >= 0;
}

static void
write_events(struct alsa *alsa, uint64_t start, const struct mg_cycle *cycle)
{
    uint64_t leaves = start + LATENCY_PERIODS * alsa->period_frames;
    for (int i = 0; i < cycle->out_count; i++)
        if (!send(alsa, &cycle->out[i], leaves + cycle->out[i].frame))
            atomic_fetch_add(&alsa->failed_out, 1);
    // What the kernel does not take is tried again in the next cycle.
    snd_seq_drain_output(alsa->seq);
    if (cycle->out_count == 0)
        return;
    snd_seq_real_time_t now = queue_time(alsa);
    if (mg_alsa_clock_frame(&now, alsa->rate_hz) > leaves + cycle->out[0].frame)
        atomic_fetch_add(&alsa->xruns, 1); // run took too long, or was interrupted
}

static void
run_cycle(struct alsa *alsa)
{
    const struct mg_driver_config *config = &alsa->base.config;
    int64_t begun_ns = now_ns();
    uint64_t start = alsa->next * alsa->period_frames;
    struct mg_cycle cycle = {
        .frames = alsa->period_frames,
        .rate_hz = alsa->rate_hz,
        .in = alsa->in,
        .in_count = read_events(alsa, start),
        .out = alsa->out,
        .out_capacity = OUT_EVENTS,
    };
    if (alsa->next >= alsa->first) {
        cycle.transport.rolling = true; // its frame wraps as JACK's does
        cycle.transport.frame = (uint32_t)(start - alsa->first * alsa->period_frames);
    }
    config->run(config->context, &cycle);
    write_events(alsa, start, &cycle);
    alsa->next++;
    if (atomic_load_explicit(&alsa->cycles, memory_order_relaxed) == 0)
        atomic_store(&alsa->priority, mg_driver_priority());
    atomic_fetch_add_explicit(&alsa->cycles, 1, memory_order_release);
    unsigned took_us = (unsigned)((now_ns() - begun_ns) / 1000);
    if (took_us > atomic_load(&alsa->longest_us))
        atomic_store(&alsa->longest_us, took_us);
}

static void *
run_cycles(void *context)
{
    struct alsa *alsa = context;
    while (!atomic_load_explicit(&alsa->base.closing, memory_order_acquire)) {
        // The queue's clock decides, however the system's may drift from it.
        snd_seq_real_time_t now = queue_time(alsa);
        uint64_t due = (alsa->next + 1) * alsa->period_frames;
        uint64_t wait_ns = mg_alsa_clock_wait_ns(&now, due, alsa->rate_hz);
        if (wait_ns > 0) {
            struct timespec nap = {.tv_nsec = (long)MIN(wait_ns, NAP_MAX_NS)};
            clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
            continue;
        }
        uint64_t frame = mg_alsa_clock_frame(&now, alsa->rate_hz);
        uint64_t missed = mg_alsa_clock_missed(alsa->next, frame, alsa->period_frames);
        atomic_fetch_add(&alsa->xruns, missed);
        alsa->next += missed;
        run_cycle(alsa);
    }
    return NULL;
}

// --- main thread ---------------------------------------------------------------------

static int
fail(GError **error, int rc, const char *what, int reason)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "ALSA: %s (%s)", what,
                snd_strerror(reason));
    return rc;
}

// Real-time priority where it is allowed.
static int
start_thread(struct alsa *alsa)
{
    struct sched_param priority = {.sched_priority = PRIORITY};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, &priority);
    int code = pthread_create(&alsa->thread, &attributes, run_cycles, alsa);
    if (code == EPERM) {
        pthread_attr_setinheritsched(&attributes, PTHREAD_INHERIT_SCHED);
        code = pthread_create(&alsa->thread, &attributes, run_cycles, alsa);
    }
    pthread_attr_destroy(&attributes);
    return -code;
}

static int
start(struct mg_driver *driver, GError **error)
{
    struct alsa *alsa = (struct alsa *)driver;
    mg_alsa_ports_service(&alsa->ports);
    snd_seq_start_queue(alsa->seq, alsa->queue, NULL);
    int rc = snd_seq_drain_output(alsa->seq);
    if (rc < 0)
        return fail(error, -EIO, "the queue does not start", rc);
    rc = start_thread(alsa);
    if (rc < 0)
        return fail(error, rc, "no thread for the cycles", rc);
    alsa->is_running = true;
    return 0;
}

static void
service(struct mg_driver *driver)
{
    mg_alsa_ports_service(&((struct alsa *)driver)->ports);
}

static void
get_status(struct mg_driver *driver, struct mg_driver_status *status)
{
    struct alsa *alsa = (struct alsa *)driver;
    *status = (struct mg_driver_status){
        .name = driver->config.name,
        .rate_hz = alsa->rate_hz,
        .period_frames = alsa->period_frames,
        .cycles = atomic_load_explicit(&alsa->cycles, memory_order_acquire),
        .xruns = atomic_load(&alsa->xruns),
        .ignored_in = atomic_load(&alsa->ignored_in),
        .failed_out = atomic_load(&alsa->failed_out),
        .longest_us = atomic_load(&alsa->longest_us),
        .latency_frames = LATENCY_PERIODS * alsa->period_frames,
        .priority = atomic_load(&alsa->priority),
        .is_connected = mg_alsa_ports_is_connected(&alsa->ports),
    };
}

static char **
connections(struct mg_driver *driver)
{
    return mg_alsa_ports_connections(&((struct alsa *)driver)->ports);
}

// Nothing new is struck any more; what is still to leave (the note-offs) leaves in time.
static void
play_out(struct alsa *alsa)
{
    snd_seq_remove_events_t *strikes;
    snd_seq_remove_events_alloca(&strikes);
    snd_seq_remove_events_set_condition(strikes, SND_SEQ_REMOVE_OUTPUT |
                                                     SND_SEQ_REMOVE_EVENT_TYPE);
    snd_seq_remove_events_set_event_type(strikes, SND_SEQ_EVENT_NOTEON);
    snd_seq_remove_events(alsa->seq, strikes);
    snd_seq_drain_output(alsa->seq);
    snd_seq_sync_output_queue(alsa->seq);
}

static void
finish(struct mg_driver *driver)
{
    struct alsa *alsa = (struct alsa *)driver;
    if (alsa->is_running) {
        pthread_join(alsa->thread, NULL);
        play_out(alsa);
    }
    mg_alsa_ports_finish(&alsa->ports);
    if (alsa->coder)
        snd_midi_event_free(alsa->coder);
    if (alsa->seq)
        snd_seq_close(alsa->seq); // its ports and its queue go with it
    free(alsa);
}

static const struct mg_driver_table table = {
    .start = start,
    .service = service,
    .status = get_status,
    .connections = connections,
    .finish = finish,
};

// --- opening -------------------------------------------------------------------------

static int
make_queue(struct alsa *alsa)
{
    alsa->queue = snd_seq_alloc_named_queue(alsa->seq, alsa->base.config.name);
    if (alsa->queue < 0)
        return alsa->queue;
    snd_seq_queue_timer_t *timer;
    snd_seq_queue_timer_alloca(&timer);
    if (snd_seq_get_queue_timer(alsa->seq, alsa->queue, timer) == 0) {
        snd_seq_queue_timer_set_resolution(timer, TIMER_HZ);
        snd_seq_set_queue_timer(alsa->seq, alsa->queue, timer); // or the default holds
    }
    return 0;
}

// "Read" is what others do.
static int
make_port(struct alsa *alsa, const char *name, unsigned capabilities,
          snd_seq_addr_t *address)
{
    snd_seq_port_info_t *info;
    snd_seq_port_info_alloca(&info);
    snd_seq_port_info_set_name(info, name);
    snd_seq_port_info_set_capability(info, capabilities);
    snd_seq_port_info_set_type(info, SND_SEQ_PORT_TYPE_MIDI_GENERIC |
                                         SND_SEQ_PORT_TYPE_APPLICATION);
    snd_seq_port_info_set_midi_channels(info, 16);
    snd_seq_port_info_set_timestamping(info, 1); // what arrives gets the queue's time
    snd_seq_port_info_set_timestamp_real(info, 1);
    snd_seq_port_info_set_timestamp_queue(info, alsa->queue);
    int rc = snd_seq_create_port(alsa->seq, info);
    *address = *snd_seq_port_info_get_addr(info);
    return rc;
}

static int
make_ports(struct alsa *alsa)
{
    int rc =
        make_port(alsa, "midi_in", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE,
                  &alsa->midi_in);
    if (rc == 0)
        rc = make_port(alsa, "midi_out",
                       SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ,
                       &alsa->midi_out);
    if (rc == 0)
        rc = mg_alsa_ports_init(&alsa->ports, alsa->base.config.name, alsa->midi_in,
                                alsa->midi_out, alsa->base.config.connect);
    return rc;
}

// Makes all that the real-time thread would otherwise allocate.
static int
make_buffers(struct alsa *alsa)
{
    int rc = snd_seq_set_input_buffer_size(alsa->seq, IN_BYTES);
    if (rc == 0)
        rc = snd_seq_set_output_buffer_size(alsa->seq,
                                            OUT_EVENTS * sizeof(snd_seq_event_t));
    if (rc == 0)
        rc = snd_seq_set_client_pool_output(alsa->seq, POOL_EVENTS);
    if (rc == 0)
        rc = snd_seq_set_client_pool_input(alsa->seq, POOL_EVENTS);
    if (rc == 0)
        rc = snd_midi_event_new(MG_ALSA_EVENT_BYTES, &alsa->coder);
    if (rc == 0)
        snd_midi_event_no_status(alsa->coder, 1);
    return rc;
}

static int
open_client(struct alsa *alsa, GError **error)
{
    mg_alsa_set_quiet(true);
    int rc = snd_seq_open(&alsa->seq, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK);
    mg_alsa_set_quiet(false);
    if (rc == -ENOENT || rc == -ENODEV || rc == -ENXIO)
        return fail(error, -ENODEV, "this machine has no sequencer; modprobe snd-seq",
                    rc);
    if (rc < 0)
        return fail(error, -EIO, "the sequencer cannot be opened", rc);
    snd_seq_set_client_name(alsa->seq, alsa->base.config.name);
    if ((rc = make_buffers(alsa)) < 0 || (rc = make_queue(alsa)) < 0 ||
        (rc = make_ports(alsa)) < 0)
        return fail(error, -EIO, "no client could be made", rc);
    return 0;
}

int
mg_alsa_open(const struct mg_driver_config *config, struct mg_driver **driver,
             GError **error)
{
    struct alsa *alsa = mg_driver_allocate(sizeof *alsa);
    if (!alsa)
        return fail(error, -ENOMEM, "no memory", -ENOMEM);
    alsa->base = (struct mg_driver){.table = &table, .config = *config};
    alsa->rate_hz = mg_driver_rate_hz(config);
    alsa->period_frames =
        config->period_frames ? config->period_frames : alsa->rate_hz / PERIODS_PER_S;
    alsa->first = alsa->rate_hz / STOPPED_DIVISOR / alsa->period_frames;
    int rc = open_client(alsa, error);
    if (rc != 0) {
        mg_driver_close(&alsa->base);
        return rc;
    }
    *driver = &alsa->base;
    return 0;
}
