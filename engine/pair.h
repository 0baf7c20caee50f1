// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A second thread for the composer: it does one half of a job while the caller does the
// other.
//
// It sleeps in the kernel between jobs, after looking out for the next one for half a
// millisecond: an instrument that waits for its next step uses next to no CPU for it.
#ifndef MG_ENGINE_PAIR_H
#define MG_ENGINE_PAIR_H

struct mg_pair;

// Starts the thread.  Returns NULL when memory or threads are short.  Any thread but
// real time.
struct mg_pair *mg_pair_create(void);

// See mg_priority_set_below().
void mg_pair_set_below(struct mg_pair *pair, int sound);

// Ends the thread.  Takes NULL.
void mg_pair_destroy(struct mg_pair *pair);

// Does job(context, 0) here and job(context, 1) on the other thread; returns when both
// are done.  pair: a struct mg_pair (void, to be the `run` of struct mg_network_pair).
// One caller at a time, any thread but real time.  Never fails, never allocates.
void mg_pair_run(void *pair, void (*job)(void *context, int half), void *context);

#endif
