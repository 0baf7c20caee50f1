// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The priority of the threads that compose.
#ifndef MG_ENGINE_PRIORITY_H
#define MG_ENGINE_PRIORITY_H

#include <pthread.h>
#include <stdbool.h>

// Gives a thread real-time priority: below `sound`, that of the thread which the sound
// waits for (jackd gives its clients 5 by itself, 65 with -P 70, PipeWire 83), and above what
// else the machine does.  Where that has none (0), this one has none.  Returns whether that
// was allowed; where it was not the music plays all the same.
bool mg_priority_set_below(pthread_t thread, int sound);

#endif
