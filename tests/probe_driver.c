// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The JACK driver without the instrument, for the end-to-end tests: what it tells of the
// transport, and when it lets the transport roll.
//
// It runs until --seconds are over or the server is gone, and prints lines of
//   NAME VALUE                            figures, as explained below
//   connection PORT                       of mg_driver_connections()
// Frames of a bar, beat and tick are those of the tempo given with --tempo, or of
// --timebase.  Exit status 0; 1 the driver could not be opened; 3 the server went away.
#include <glib.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "io/driver.h"

struct probe {
    int refusals; // of each place, before it is ready
    double bpm; // quarters a minute, to hold the master against; 0: it is not looked at
    atomic_bool lost;

    // Real-time thread, until the driver is closed.
    struct mg_transport last;
    uint32_t last_frames;
    uint32_t asked_place;
    int asked_in_place;
    bool was_asked;       // since the last cycle
    int asked;            // calls of ready
    int asked_unprepared; // of these, about a place that run had never been shown
    int starts;           // the transport began to roll
    int too_early;        // of these, before ready had said yes
    int moves;            // it rolls, from another place than it had come to
    int bbt_cycles;       // rolling, with a bar, beat and tick
    int bare_cycles;      // rolling, without
    double worst_frames;  // from the place that a bar, beat and tick name to the frame
};

static bool
ready(void *context, const struct mg_transport *transport)
{
    struct probe *probe = context;
    if (!probe->was_asked || transport->frame != probe->asked_place)
        probe->asked_in_place = 0;
    probe->asked++;
    if (probe->asked_in_place > 0 && transport->frame != probe->last.frame)
        probe->asked_unprepared++;
    probe->was_asked = true;
    probe->asked_place = transport->frame;
    return ++probe->asked_in_place > probe->refusals;
}

static void
look_at_bbt(struct probe *probe, const struct mg_cycle *cycle)
{
    const struct mg_transport *t = &cycle->transport;
    if (!t->has_bbt) {
        probe->bare_cycles++;
        return;
    }
    probe->bbt_cycles++;
    double beats =
        (t->bar - 1) * t->beats_per_bar + t->beat - 1 + t->tick / t->ticks_per_beat;
    double frames = beats * 4.0 / t->beat_type * 60.0 * cycle->rate_hz / probe->bpm +
                    t->bbt_offset_frames;
    probe->worst_frames = fmax(probe->worst_frames, fabs(frames - t->frame));
}

static void
run(void *context, struct mg_cycle *cycle)
{
    struct probe *probe = context;
    const struct mg_transport *t = &cycle->transport;
    if (t->rolling && !probe->last.rolling) {
        probe->starts++;
        if (probe->asked_in_place <= probe->refusals)
            probe->too_early++;
    }
    if (t->rolling && probe->last.rolling &&
        t->frame != probe->last.frame + probe->last_frames)
        probe->moves++;
    if (t->rolling && probe->bpm > 0)
        look_at_bbt(probe, cycle);
    if (t->rolling)
        probe->was_asked = false;
    probe->last = *t;
    probe->last_frames = cycle->frames;
}

static void
on_lost(void *context)
{
    struct probe *probe = context;
    atomic_store(&probe->lost, true);
}

static void
print_figures(const struct probe *probe)
{
    printf("asked %d\nasked_unprepared %d\nstarts %d\ntoo_early %d\nmoves %d\n",
           probe->asked, probe->asked_unprepared, probe->starts, probe->too_early,
           probe->moves);
    printf("bbt_cycles %d\nbare_cycles %d\nworst_frames %.6f\n", probe->bbt_cycles,
           probe->bare_cycles, probe->worst_frames);
}

static int
play(struct probe *probe, const struct mg_driver_config *config, double seconds)
{
    struct mg_driver *driver;
    g_autoptr(GError) error = NULL;
    if (mg_jack_open(config, &driver, &error) != 0 ||
        mg_driver_start(driver, &error) != 0) {
        fprintf(stderr, "probe_driver: %s\n", error->message);
        return 1;
    }
    int64_t end_us = g_get_monotonic_time() + (int64_t)(seconds * 1e6);
    while (!atomic_load(&probe->lost) && g_get_monotonic_time() < end_us) {
        g_usleep(20000);
        mg_driver_service(driver);
    }
    struct mg_driver_status status;
    mg_driver_status(driver, &status);
    printf("is_connected %d\nis_timebase %d\nlatency_frames %u\n", status.is_connected,
           status.is_timebase, status.latency_frames);
    g_auto(GStrv) names = mg_driver_connections(driver);
    for (char **name = names; *name; name++)
        printf("connection %s\n", *name);
    if (mg_driver_close(driver) == 0)
        print_figures(probe);
    return atomic_load(&probe->lost) ? 3 : 0;
}

int
main(int argc, char **argv)
{
    static struct probe probe;
    g_autofree char *name = NULL;
    g_auto(GStrv) connect = NULL;
    gboolean roll = FALSE, slow = FALSE;
    double seconds = 5;
    struct mg_timebase timebase = {.beats_per_bar = 4, .beat_type = 4};
    const GOptionEntry entries[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &name, "Client name", "NAME"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of the run", "N"},
        {"slow", 0, 0, G_OPTION_ARG_NONE, &slow, "Let the transport wait", NULL},
        {"refusals", 0, 0, G_OPTION_ARG_INT, &probe.refusals, "Not ready so often",
         "N"},
        {"tempo", 0, 0, G_OPTION_ARG_DOUBLE, &probe.bpm, "Of the master", "BPM"},
        {"timebase", 0, 0, G_OPTION_ARG_DOUBLE, &timebase.bpm, "Be it", "BPM"},
        {"beats", 0, 0, G_OPTION_ARG_DOUBLE, &timebase.beats_per_bar, "In a bar", "N"},
        {"beat-type", 0, 0, G_OPTION_ARG_DOUBLE, &timebase.beat_type, "4: quarter",
         "N"},
        {"roll", 0, 0, G_OPTION_ARG_NONE, &roll, "Start the transport", NULL},
        {"connect", 0, 0, G_OPTION_ARG_STRING_ARRAY, &connect, "As mg-play", "PORT"},
        {0}};
    GOptionContext *context = g_option_context_new("");
    g_option_context_add_main_entries(context, entries, NULL);
    bool usable = g_option_context_parse(context, &argc, &argv, NULL) && argc == 1;
    g_option_context_free(context);
    if (!usable) {
        fprintf(stderr, "probe_driver: what is meant?\n");
        return 2;
    }
    timebase.is_wanted = timebase.bpm > 0;
    if (timebase.is_wanted)
        probe.bpm = timebase.bpm;
    struct mg_driver_config config = {.name = name ? name : "driver",
                                      .connect = connect,
                                      .run = run,
                                      .context = &probe,
                                      .ready = slow ? ready : NULL,
                                      .timebase = timebase,
                                      .start_transport = roll,
                                      .lost = on_lost,
                                      .lost_context = &probe};
    return play(&probe, &config, seconds);
}
