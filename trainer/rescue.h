// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Saves a training that is shared by several ranks when its update cannot end: a rank has
// died, and the launcher kills those that are left within a second; or a host is gone, and
// nobody says so.
#ifndef MG_TRAINER_RESCUE_H
#define MG_TRAINER_RESCUE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "trainer/ranks.h"

struct mg_rescue {
    const volatile sig_atomic_t *signal; // not 0: told to stop; borrowed
    struct mg_ranks *ranks;              // borrowed
    // Saves the state, says so and ends the process.  NULL: only the training's own thread
    // can do it.
    void (*save)(void *context);
    void *context;
    int patience_seconds;    // with an update that takes longer than any before
    pthread_mutex_t steady;  // held but between open and close
    int64_t opened_us;       // 0: for no update
    atomic_llong began_us;   // the update in hand; 0: none, or the first
    atomic_llong longest_us; // of the updates so far
    pthread_t thread;
    bool has_thread;
    atomic_bool over;
};

// Watches over a training from its thread: rescue's first five are set.  Where it is told to
// stop and has not ended a tenth of a second later, or patience is at an end, ranks' give_up
// is set, and then save() called in another thread, once the state is steady.
void mg_rescue_begin(struct mg_rescue *rescue);
void mg_rescue_end(struct mg_rescue *rescue); // takes a zeroed struct

// From open to close the training's thread changes nothing that save() reads; is_update: it
// computes an update, which is timed.
void mg_rescue_open(struct mg_rescue *rescue, bool is_update);
void mg_rescue_close(struct mg_rescue *rescue);

#endif
