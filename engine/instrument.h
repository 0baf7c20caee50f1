// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The instrument: real-time core, composer and recorder, and the scene they play.
//
//     live:     create, start, [driver runs mg_rt_run; change, tend], quit, save, driver
//               closed, stop, destroy
//     offline:  create, [the driver calls mg_instrument_work before each cycle], end,
//               save, destroy
#ifndef MG_ENGINE_INSTRUMENT_H
#define MG_ENGINE_INSTRUMENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/composer.h"
#include "engine/composer_thread.h"
#include "engine/ledger_setup.h"
#include "engine/pair.h"
#include "engine/preset.h"
#include "engine/recorder.h"
#include "engine/rt_setup.h"
#include "engine/scene_setup.h"

struct mg_instrument_options {
    struct mg_scene_options scene; // the pair of its network is the instrument's own
    int threads;                   // that a step is computed on: 1 or 2
    bool thru;
    bool free_run;
    bool clock_in;
    bool clock_out;
    bool record;
    struct mg_ledger *ledger; // outlives the instrument; NULL: one of its own
};

// For main files: the parts are theirs to look at.  All owned.
struct mg_instrument {
    struct mg_rt *rt; // the driver's: mg_rt_run with this as context
    struct mg_composer *composer;
    struct mg_composer_thread *thread; // NULL: not started
    struct mg_recorder *recorder;      // NULL: nobody records
    struct mg_scene *scene;            // that plays, or played until the next came
    struct mg_scene *next;             // offered; NULL: none
    struct mg_ring retired;            // composer -> main, of struct mg_scene *
    struct mg_scene_options scene_options;
    struct mg_pair *pair; // NULL: one thread
    struct mg_ledger own_ledger;
};

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

// The driver has told which priority its thread has: see mg_priority_set_below().
void mg_instrument_set_below(struct mg_instrument *instrument, int sound);

// Plays another preset from the next bar line on; the preset may go afterwards.  Returns
// 0, or with one line in *error: -EBUSY while the last change is not over, -ENOMEM.
int mg_instrument_change(struct mg_instrument *instrument,
                         const struct mg_preset *preset, GError **error);

// Whether a change is on its way.
bool mg_instrument_is_changing(const struct mg_instrument *instrument);

// Binds a controller for the scene that plays, and for the one that comes.  Returns as
// mg_controls_bind().
int mg_instrument_bind(struct mg_instrument *instrument,
                       const struct mg_binding *binding);

// Records what was played and frees what is over.  Often.
void mg_instrument_tend(struct mg_instrument *instrument);

// Composes what is due and tends, in the caller's thread.  The `work` of a driver that
// runs faster than time; the context is the instrument.  Returns true.
bool mg_instrument_work(void *context);

// Offline, after the driver: one more cycle that releases every note.
void mg_instrument_end(struct mg_instrument *instrument, uint32_t rate_hz);

#endif
