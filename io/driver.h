// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What all drivers share: the few pointers a driver is given, and how it is run.
//
// A driver calls config.run once per buffer from its real-time thread and knows nothing
// of what stands behind it.  The order is open, start, service now and then, close.
#ifndef MG_IO_DRIVER_H
#define MG_IO_DRIVER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/cycle.h"

enum {
    MG_DRIVER_IN_MAX = 4096, // events a cycle; a JACK port carries 2,727 of three bytes

    // Events a cycle that the port takes for certain: run believes what it writes to be
    // sent.  A JACK buffer has 32 KiB.  In jackd an event takes 12 bytes of it (2,727
    // fit); PipeWire turns each into a control of 24 (1,364 fit) and drops the others
    // without a word.
    MG_DRIVER_OUT_MAX = 1024,

    MG_SYNTH_SECONDS_MAX = 1800, // that a WAV file may take

    MG_DRIVER_CLOSE_MS = 1500, // what the server or the sound card is given to let go
};

// JACK: what to publish as timebase master, where nobody else is (conditional).
struct mg_timebase {
    bool is_wanted;
    double bpm; // quarter notes a minute
    double beats_per_bar;
    double beat_type; // 4 = a beat is a quarter note
};

struct mg_driver_config {
    const char *name;     // client name asked for, e.g. "musicguru"
    char *const *connect; // ports to connect, NULL-terminated; NULL: none

    mg_cycle_fn *run; // real-time thread, from start to close
    void *context;

    // Whether run could roll from *transport at once: its first step is decided.  Asked
    // by JACK after a locate and before a start, when the transport waits for those that
    // say no.  Real-time thread, with `context`.  NULL: always.
    mg_ready_fn *ready;

    struct mg_timebase timebase;
    bool start_transport; // JACK: roll it once the driver has started

    // Called once when the server or the sound card is gone: the driver is to be closed.
    // It does no more than set an atomic or write one byte.  Any thread but real time.
    // May be NULL.
    void (*lost)(void *context);
    void *lost_context;

    // For the drivers that run faster than time (io/offline.h, mg_synth_render()):
    // called before every cycle in the caller's thread, so that the next step can be
    // composed there.  False ends the run early.  May be NULL.
    bool (*work)(void *context);
    void *work_context;

    const char *soundfont;  // synth: a .sf2 or .sf3 file; NULL: an installed one
    int program;            // synth: General MIDI program 0..127 of every channel
    uint32_t rate_hz;       // but JACK's, which has its own; 0: 48000
    uint32_t period_frames; // likewise; 0: 64, and 5 ms with ALSA
};

struct mg_driver_status {
    const char *name; // the client name given, or the sound output; owned by the driver
    uint32_t rate_hz;
    uint32_t period_frames;
    uint64_t cycles;
    uint64_t xruns;          // of the whole graph under JACK: it does not say whose
    uint64_t ignored_in;     // events of 0 or more than 3 bytes, or beyond IN_MAX
    uint64_t failed_out;     // events that the port did not take
    uint32_t longest_us;     // the longest cycle: time spent in run and the driver
    uint32_t latency_frames; // events leave this long after their frame; fixed
    int priority;      // real-time, of the thread of the first cycle; 0: it had none
    bool is_connected; // somebody listens to the output
    bool is_timebase;  // JACK: config.timebase is published; others may take over
    bool lost;
};

struct mg_driver;

// Opens a driver without starting it.  The strings and arrays of *config stay the
// caller's and must outlive the driver.  Errors, with one line in *error: -ECONNREFUSED
// no JACK server, -EBUSY an earlier JACK driver is still being closed, -ENODEV no sound
// card, -ENOENT no soundfont, -ENOTSUP left out of this build, -EIO anything else.  Main
// thread, or one thread in its place.
int mg_jack_open(const struct mg_driver_config *config, struct mg_driver **driver,
                 GError **error);
int mg_synth_open(const struct mg_driver_config *config, struct mg_driver **driver,
                  GError **error);

// The kernel's sequencer: run is called in turn by a thread of the driver's own, and what
// it writes leaves through a queue at its frame.  -ENODEV: there is no sequencer.
int mg_alsa_open(const struct mg_driver_config *config, struct mg_driver **driver,
                 GError **error);

// Starts calling run, and makes the connections asked for whose ports are there
// already.  Returns 0 or -errno with one line in *error.  Main thread.
int mg_driver_start(struct mg_driver *driver, GError **error);

// Connects the ports asked for that have appeared since, and notices a sound card that
// stands still.  Cheap when nothing has changed: call it every 100 ms.  Main thread.
void mg_driver_service(struct mg_driver *driver);

// Any thread but real time.
void mg_driver_status(struct mg_driver *driver, struct mg_driver_status *status);

// Names of the ports that input and output are connected to now, or were when the server
// went away, and those of config.connect that have not come yet: NULL-terminated, to be
// freed with g_strfreev(); a later driver's `connect`.  Main thread.
char **mg_driver_connections(struct mg_driver *driver);

// Stops and frees.  Once it has returned, run is not called again.  Events of the last
// cycles are heard only if a cycle or two has passed since: send the note-offs, wait
// for them, then close.  Returns 0, or -ETIMEDOUT when server or sound card did not let
// go within MG_DRIVER_CLOSE_MS: a thread and the driver's memory are then left behind
// for the end of the process.  Takes NULL.  Main thread.
int mg_driver_close(struct mg_driver *driver);

// Plays into a WAV file (16 bits, stereo) as fast as the machine can: one stopped cycle
// at frame 0, then `seconds` of rolling transport from frame 0: 1 to MG_SYNTH_SECONDS_MAX.
// The file is replaced whole or not at all.  Errors as mg_synth_open().  Any thread.
int mg_synth_render(const struct mg_driver_config *config, double seconds,
                    const char *wav_path, GError **error);

#endif
