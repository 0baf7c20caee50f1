// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The instrument: one preset, with its real-time core, composer and recorder.
//
//     live:     create, start, [driver runs mg_rt_run], quit, save, driver closed,
//               stop, destroy
//     offline:  create, [the driver calls mg_instrument_work before each cycle], end,
//               save, destroy
#ifndef MG_ENGINE_INSTRUMENT_H
#define MG_ENGINE_INSTRUMENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/composer.h"
#include "engine/composer_thread.h"
#include "engine/controls.h"
#include "engine/preset.h"
#include "engine/recorder.h"
#include "engine/rt_setup.h"

struct mg_instrument_options {
    double bpm;
    float control[MG_CONTROL_COUNT]; // where the controls stand at first
    uint64_t seed;
    bool thru;
    bool free_run;
    bool record;
    const struct mg_roll *prime; // NULL: none; outlives the instrument
};

// For main files: the parts are theirs to look at.  All owned.
struct mg_instrument {
    struct mg_rt *rt; // the driver's: mg_rt_run with this as context
    struct mg_composer *composer;
    struct mg_composer_thread *thread; // NULL: not started
    struct mg_recorder *recorder;      // NULL: nobody records
};

// Options as the preset has them, with its seed, or `seed` where it has none.
struct mg_instrument_options mg_instrument_defaults(const struct mg_preset *preset,
                                                    uint64_t seed);

// Returns NULL with one line in *error.  The preset may go afterwards.  Main thread, as
// all below.
struct mg_instrument *mg_instrument_create(const struct mg_preset *preset,
                                           const struct mg_instrument_options *options,
                                           GError **error);

// After the driver is closed.  Ends the composer's thread.  Takes NULL.
void mg_instrument_destroy(struct mg_instrument *instrument);

// Starts and ends the composer's thread.  start returns 0 or -errno with one line in
// *error.
int mg_instrument_start(struct mg_instrument *instrument, GError **error);
void mg_instrument_stop(struct mg_instrument *instrument);

// Composes what is due and records what was played, in the caller's thread.  The `work`
// of a driver that runs faster than time; the context is the instrument.  Returns true.
bool mg_instrument_work(void *context);

// Offline, after the driver: one more cycle that releases every note.
void mg_instrument_end(struct mg_instrument *instrument, uint32_t rate_hz);

#endif
