// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The thread that the composer runs in while music plays.
#ifndef MG_ENGINE_COMPOSER_THREAD_H
#define MG_ENGINE_COMPOSER_THREAD_H

#include <glib.h>
#include <semaphore.h>
#include <stdbool.h>

#include "engine/composer.h"

struct mg_composer_thread;

// Starts it.  wake is posted when there are requests.  The composer and the semaphore
// outlive the thread.  Returns NULL with one line in *error.  Main thread.
struct mg_composer_thread *mg_composer_thread_start(struct mg_composer *composer,
                                                    sem_t *wake, GError **error);

// See mg_priority_set_below().
void mg_composer_thread_set_below(struct mg_composer_thread *thread, int sound);

// Ends it, after the step it is at, and frees it.  Takes NULL.  Main thread.
void mg_composer_thread_stop(struct mg_composer_thread *thread);

// Waits until a step has been decided since the last call, for a second at most: false
// when none was.  A mg_rt_wait_fn for freewheel; the context is the thread.
bool mg_composer_thread_wait(void *context);

#endif
