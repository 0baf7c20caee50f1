// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A JACK client that leads the player a dance and judges it: timebase master of a song
// whose tempo and metre change all the time, which it plays in loops and jumps.
//
// The tempo goes from 40 to 240 BPM and back, 20 BPM a second; four bars each of 4/4,
// 3/4, 6/8 and 7/8 follow each other.  A step of the player belongs to the frame where
// the bar, beat and tick published for that cycle, and the tempo, say it is.
//
// At the end it prints figures, one a line:
//   locates loops starts    what it did
//   steps                   that fell into rolling cycles
//   ons offs                heard
//   off_grid                of these, at a frame that belongs to no step
//   worst_frames            from the step, of all on the grid
//   while_stopped           note-ons while the transport stood
//   stuck                   notes that sounded a cycle after a stop or jump, or at the end
//   first_steps first_heard steps at which a stretch of music begins, and those with notes
//   off_other_grid          off a grid of three steps a quarter: the judge can tell
//   lost_cycles             that the server left out: the figures above mean nothing
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

enum { CYCLES_MAX = 1 << 18, EVENTS_MAX = 1 << 18, SECTION_BARS = 4 };

static const double TICKS = 1920.0;
static const double SLOWEST = 40.0, FASTEST = 240.0, SLOPE = 20.0; // BPM, BPM a second

struct metre {
    double beats;
    double type;
};

static const struct metre METRES[] = {{4, 4}, {3, 4}, {6, 8}, {7, 8}};

struct cycle {
    jack_nframes_t now;
    jack_nframes_t frame;
    jack_nframes_t frames;
    bool rolling;
    double quarters;
    double bpm; // quarters a minute
};

struct event {
    int cycle;
    jack_nframes_t offset;
    bool on;
    uint8_t key;
};

struct probe {
    jack_client_t *client;
    jack_port_t *in;
    double rate_hz;
    double longest_seconds; // of a loop
    uint64_t seed;
    uint32_t drawn;

    // Real-time thread, until it is done.
    struct cycle *cycles; // (CYCLES_MAX)
    int cycle_count;
    struct event *events; // (EVENTS_MAX)
    int event_count;
    jack_nframes_t loop_begin;
    jack_nframes_t loop_end;
    int turns;            // of the loop that are left
    bool is_leaving;      // a locate was asked for and has not come into force
    jack_nframes_t until; // while stopped: when to start
    int locates;
    int loops;
    int starts;

    atomic_bool ready;
    atomic_bool ending;
    atomic_bool done;
    atomic_bool lost;
};

// --- the song ------------------------------------------------------------------------

// Quarters since the start, and the tempo.
static double
song_quarters(const struct probe *probe, double frame, double *bpm)
{
    double seconds = frame / probe->rate_hz;
    double ramp_seconds = (FASTEST - SLOWEST) / SLOPE;
    double ramp_quarters = (SLOWEST + FASTEST) / 2 * ramp_seconds / 60;
    double ramps = floor(seconds / ramp_seconds);
    double into = seconds - ramps * ramp_seconds;
    bool rises = fmod(ramps, 2) < 0.5;
    double begin = rises ? SLOWEST : FASTEST;
    double slope = rises ? SLOPE : -SLOPE;
    *bpm = begin + slope * into;
    return ramps * ramp_quarters + (begin + slope * into / 2) * into / 60;
}

// The bar that holds a place, the place of its start, and its metre.
static int
song_bar(double quarters, double *start, struct metre *metre)
{
    *start = 0;
    for (int bar = 0;; bar++) {
        *metre = METRES[bar / SECTION_BARS % (int)G_N_ELEMENTS(METRES)];
        double length = metre->beats * 4 / metre->type;
        if (quarters < *start + length)
            return bar;
        *start += length;
    }
}

// The first frame at or after a place, but for what a double rounds.
static jack_nframes_t
song_frame(const struct probe *probe, double quarters)
{
    jack_nframes_t low = 0, high = 1U << 30;
    double bpm;
    while (low < high) {
        jack_nframes_t middle = low + (high - low) / 2;
        if (song_quarters(probe, middle, &bpm) < quarters - 1e-9)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
timebase(jack_transport_state_t state, jack_nframes_t frames, jack_position_t *position,
         int is_new, void *arg)
{
    (void)state;
    (void)frames;
    (void)is_new;
    const struct probe *probe = arg;
    struct metre metre;
    double bpm, start, quarters = song_quarters(probe, position->frame, &bpm);
    int bar = song_bar(quarters, &start, &metre);
    double beats = (quarters - start) * metre.type / 4;
    position->valid = JackPositionBBT | JackTickDouble;
    position->bar = bar + 1;
    position->beat = (int32_t)beats + 1;
    position->tick_double = (beats - floor(beats)) * TICKS;
    position->tick = (int32_t)position->tick_double;
    position->bar_start_tick = start * metre.type / 4 * TICKS;
    position->beats_per_bar = (float)metre.beats;
    position->beat_type = (float)metre.type;
    position->ticks_per_beat = TICKS;
    position->beats_per_minute = bpm; // quarters, as most masters say it
}

// --- the dance: real-time thread -----------------------------------------------------

static uint32_t
draw(struct probe *probe, uint32_t limit)
{
    struct mg_random random =
        mg_random_at(probe->seed, MG_RANDOM_CHOICE, probe->drawn++, 0, 0);
    return random.word[0] % limit;
}

static void
go_to(struct probe *probe, jack_nframes_t frame)
{
    jack_transport_locate(probe->client, frame);
    probe->locates++;
    probe->is_leaving = true;
}

// A loop of 1 to 8 bars somewhere in the first ten minutes, from its start or from within.
static void
begin_loop(struct probe *probe)
{
    struct metre metre;
    double start, bpm;
    double place = song_quarters(probe, draw(probe, 600) * probe->rate_hz, &bpm);
    song_bar(place, &start, &metre);
    double end = start;
    for (uint32_t bars = 1 + draw(probe, 8); bars > 0; bars--) {
        double bar_start;
        song_bar(end, &bar_start, &metre);
        end = bar_start + metre.beats * 4 / metre.type;
    }
    probe->loop_begin = song_frame(probe, start);
    probe->loop_end = song_frame(probe, end);
    double longest = probe->longest_seconds * probe->rate_hz;
    if (probe->loop_end - probe->loop_begin > longest)
        probe->loop_end = probe->loop_begin + (jack_nframes_t)longest;
    probe->turns = 1 + (int)draw(probe, 3);
    jack_nframes_t length = probe->loop_end - probe->loop_begin;
    go_to(probe, probe->loop_begin + (draw(probe, 4) ? 0 : draw(probe, length / 2)));
}

static void
dance(struct probe *probe, const struct cycle *cycle, bool starting)
{
    probe->is_leaving = probe->is_leaving && cycle->rolling;
    if (atomic_load(&probe->ending)) {
        if (cycle->rolling || starting)
            jack_transport_stop(probe->client);
    } else if (probe->is_leaving) {
        return;
    } else if (!cycle->rolling && !starting) {
        if (cycle->now >= probe->until) {
            jack_transport_start(probe->client);
            probe->starts++;
        }
    } else if (cycle->rolling &&
               (cycle->frame >= probe->loop_end || cycle->frame < probe->loop_begin)) {
        if (probe->turns > 0) {
            probe->turns--;
            probe->loops++;
            go_to(probe, probe->loop_begin);
        } else {
            begin_loop(probe);
            if (draw(probe, 4) == 0) {
                jack_transport_stop(probe->client);
                probe->until =
                    cycle->now + draw(probe, (uint32_t)(probe->rate_hz * 0.7));
            }
        }
    }
}

static void
hear(struct probe *probe, jack_nframes_t frames)
{
    void *buffer = jack_port_get_buffer(probe->in, frames);
    uint32_t count = jack_midi_get_event_count(buffer);
    for (uint32_t i = 0; i < count && probe->event_count < EVENTS_MAX; i++) {
        jack_midi_event_t event;
        if (jack_midi_event_get(&event, buffer, i) != 0 || event.size != 3)
            continue;
        uint8_t status = event.buffer[0] & 0xf0;
        if (status == 0x80 || status == 0x90)
            probe->events[probe->event_count++] = (struct event){
                .cycle = probe->cycle_count,
                .offset = event.time,
                .on = status == 0x90 && event.buffer[2] > 0,
                .key = event.buffer[1],
            };
    }
}

static int
process(jack_nframes_t frames, void *arg)
{
    struct probe *probe = arg;
    if (!atomic_load(&probe->ready) || atomic_load(&probe->done))
        return 0;
    if (probe->cycle_count == CYCLES_MAX) {
        atomic_store(&probe->done, true);
        return 0;
    }
    jack_position_t position;
    jack_transport_state_t state = jack_transport_query(probe->client, &position);
    struct cycle *cycle = &probe->cycles[probe->cycle_count];
    *cycle = (struct cycle){.now = jack_last_frame_time(probe->client),
                            .frame = position.frame,
                            .frames = frames,
                            .rolling = state == JackTransportRolling};
    cycle->quarters = song_quarters(probe, position.frame, &cycle->bpm);
    hear(probe, frames);
    dance(probe, cycle, state == JackTransportStarting);
    probe->cycle_count++;
    return 0;
}

// --- the judge -----------------------------------------------------------------------

struct verdict {
    int steps, ons, offs, off_grid, while_stopped, stuck, first_steps, first_heard;
    int off_other_grid, lost_cycles;
    double worst_frames;
    double next_step; // while it rolls on
    bool is_first;    // since the last jump
    bool sounds[128];
    bool must_end[128]; // they sounded before a stop or a jump in the last cycle
};

static const double STEPS_PER_QUARTER = 2, OTHER_STEPS = 3;

// The frame of a place, counted from the start of a cycle.
static double
offset_of(const struct probe *probe, const struct cycle *cycle, double quarters)
{
    return (quarters - cycle->quarters) * 60 * probe->rate_hz / cycle->bpm;
}

// From an event to the next step of a grid.
static double
distance(const struct probe *probe, const struct cycle *cycle, jack_nframes_t offset,
         double steps_per_quarter)
{
    double quarters = cycle->quarters + offset * cycle->bpm / 60 / probe->rate_hz;
    double step = floor(quarters * steps_per_quarter + 0.5);
    return fabs(offset_of(probe, cycle, step / steps_per_quarter) - offset);
}

static bool
is_jump(const struct probe *probe, int i)
{
    const struct cycle *cycle = &probe->cycles[i], *last = cycle - 1;
    return i == 0 || !last->rolling || cycle->frame != last->frame + last->frames;
}

static void
judge_event(const struct probe *probe, struct verdict *verdict,
            const struct event *event, double tolerance)
{
    const struct cycle *cycle = &probe->cycles[event->cycle];
    bool released = !event->on && event->offset == 0 &&
                    (!cycle->rolling || is_jump(probe, event->cycle));
    verdict->ons += event->on;
    verdict->offs += !event->on;
    verdict->sounds[event->key] = event->on;
    if (!event->on)
        verdict->must_end[event->key] = false;
    if (released)
        return;
    if (!cycle->rolling) {
        verdict->while_stopped++;
        return;
    }
    if (distance(probe, cycle, event->offset, OTHER_STEPS) > tolerance)
        verdict->off_other_grid++;
    double off = distance(probe, cycle, event->offset, STEPS_PER_QUARTER);
    if (off > tolerance)
        verdict->off_grid++;
    else
        verdict->worst_frames = fmax(verdict->worst_frames, off);
}

static bool
has_note_on(const struct probe *probe, int i, int next_event)
{
    for (; next_event < probe->event_count; next_event++) {
        const struct event *event = &probe->events[next_event];
        if (event->cycle != i)
            return false;
        if (event->on)
            return true;
    }
    return false;
}

// A place within 1/64 of a step after a step, where the music begins, is still that step's.
static void
count_steps(const struct probe *probe, struct verdict *verdict, int i, int next_event)
{
    const struct cycle *cycle = &probe->cycles[i];
    if (is_jump(probe, i)) {
        verdict->next_step = ceil(cycle->quarters * STEPS_PER_QUARTER - 1.0 / 64);
        verdict->is_first = true;
    }
    for (;; verdict->next_step++) {
        double offset = offset_of(probe, cycle, verdict->next_step / STEPS_PER_QUARTER);
        if (floor(offset + 0.5) >= cycle->frames)
            return;
        verdict->steps++;
        verdict->first_steps += verdict->is_first;
        verdict->first_heard += verdict->is_first && has_note_on(probe, i, next_event);
        verdict->is_first = false;
    }
}

static void
judge_cycle(const struct probe *probe, struct verdict *verdict, int i, int *next_event,
            double tolerance)
{
    const struct cycle *cycle = &probe->cycles[i], *last = cycle - 1;
    bool jumped = i > 0 && last->rolling && (!cycle->rolling || is_jump(probe, i));
    if (i > 0 && cycle->now != last->now + last->frames)
        verdict->lost_cycles++;
    if (cycle->rolling)
        count_steps(probe, verdict, i, *next_event);
    if (jumped)
        memcpy(verdict->must_end, verdict->sounds, sizeof verdict->must_end);
    for (; *next_event < probe->event_count && probe->events[*next_event].cycle == i;
         ++*next_event)
        judge_event(probe, verdict, &probe->events[*next_event], tolerance);
    for (int key = 0; jumped && key < 128; key++)
        verdict->stuck += verdict->must_end[key];
}

static void
judge(const struct probe *probe, double tolerance)
{
    struct verdict verdict = {0};
    int next_event = 0;
    for (int i = 0; i < probe->cycle_count; i++)
        judge_cycle(probe, &verdict, i, &next_event, tolerance);
    for (int key = 0; key < 128; key++)
        verdict.stuck += verdict.sounds[key];
    printf("locates %d\nloops %d\nstarts %d\nsteps %d\nons %d\noffs %d\n"
           "off_grid %d\nworst_frames %.3f\nwhile_stopped %d\nstuck %d\n"
           "first_steps %d\nfirst_heard %d\noff_other_grid %d\nlost_cycles %d\n",
           probe->locates, probe->loops, probe->starts, verdict.steps, verdict.ons,
           verdict.offs, verdict.off_grid, verdict.worst_frames, verdict.while_stopped,
           verdict.stuck, verdict.first_steps, verdict.first_heard,
           verdict.off_other_grid, verdict.lost_cycles);
}

// --- main thread ---------------------------------------------------------------------

static void
on_shutdown(void *arg)
{
    struct probe *probe = arg;
    atomic_store(&probe->lost, true);
}

static bool
open_client(struct probe *probe, const char *listen)
{
    probe->client = jack_client_open("dancer", JackNoStartServer, NULL);
    if (!probe->client)
        return false;
    probe->rate_hz = jack_get_sample_rate(probe->client);
    probe->in = jack_port_register(probe->client, "in", JACK_DEFAULT_MIDI_TYPE,
                                   JackPortIsInput, 0);
    jack_set_process_callback(probe->client, process, probe);
    jack_on_shutdown(probe->client, on_shutdown, probe);
    jack_set_timebase_callback(probe->client, 0, timebase, probe);
    if (jack_activate(probe->client) != 0)
        return false;
    return wires_connect(probe->client, listen, jack_port_name(probe->in));
}

int
main(int argc, char **argv)
{
    static struct probe probe = {.longest_seconds = 2, .seed = 1};
    g_autofree char *listen = NULL;
    double seconds = 10, tolerance = 1;
    const GOptionEntry entries[] = {
        {"listen", 0, 0, G_OPTION_ARG_STRING, &listen, "The player's output", "PORT"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of the dance", "N"},
        {"longest", 0, 0, G_OPTION_ARG_DOUBLE, &probe.longest_seconds, "Loop", "N"},
        {"tolerance", 0, 0, G_OPTION_ARG_DOUBLE, &tolerance, "On the grid", "FRAMES"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &probe.seed, "Of the dance", "N"},
        {0}};
    GOptionContext *context = g_option_context_new("");
    g_option_context_add_main_entries(context, entries, NULL);
    bool usable = g_option_context_parse(context, &argc, &argv, NULL) && listen;
    g_option_context_free(context);
    if (!usable)
        return 2;
    probe.cycles = g_new0(struct cycle, CYCLES_MAX);
    probe.events = g_new0(struct event, EVENTS_MAX);
    if (!open_client(&probe, listen)) {
        fprintf(stderr, "probe_transport: no server, or no %s\n", listen);
        return 1;
    }
    atomic_store(&probe.ready, true);
    g_usleep((gulong)(seconds * 1e6));
    atomic_store(&probe.ending, true);
    g_usleep(500000);
    atomic_store(&probe.done, true);
    g_usleep(100000);
    if (atomic_load(&probe.lost))
        return 3;
    jack_client_close(probe.client);
    judge(&probe, tolerance);
    return 0;
}
