// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Saves a training that is shared by several ranks when its work cannot end: a rank has
// died, and the launcher kills those that are left within a second; or a host is gone, and
// nobody says so.
#ifndef MG_TRAINER_RESCUE_H
#define MG_TRAINER_RESCUE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "trainer/ranks.h"

// What the ranks do together; each takes a time of its own.
enum mg_rescue_work { MG_RESCUE_UPDATE, MG_RESCUE_SCORE, MG_RESCUE_WORKS };

struct mg_rescue {
    const volatile sig_atomic_t *signal; // not 0: told to stop; borrowed
    struct mg_ranks *ranks;              // borrowed
    // Saves the state, says so and ends the process.  NULL: only the training's own thread
    // can do it.
    void (*save)(void *context);
    void *context;
    int patience_seconds;   // with work that takes longer than any of its kind before
    pthread_mutex_t steady; // held but between open and close
    enum mg_rescue_work work;
    int64_t began_us;
    int64_t longest_us[MG_RESCUE_WORKS]; // so far
    atomic_llong
        due_us; // the end of patience with the work in hand; 0: it is the first
    pthread_t thread;
    bool has_thread;
    atomic_bool over;
};

// Watches over a training from its thread: rescue's first five are set.  Where it is told to
// stop and has not ended a tenth of a second later, or patience is at an end, ranks' give_up
// is set, and then save() called in another thread, once the state is steady.
void mg_rescue_begin(struct mg_rescue *rescue);
void mg_rescue_end(struct mg_rescue *rescue); // takes a zeroed struct

// From open to close the training's thread changes nothing that save() reads, and its work
// is timed.
void mg_rescue_open(struct mg_rescue *rescue, enum mg_rescue_work work);
void mg_rescue_close(struct mg_rescue *rescue);

#endif
