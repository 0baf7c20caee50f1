// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The priority of the threads that compose.
#ifndef MG_ENGINE_PRIORITY_H
#define MG_ENGINE_PRIORITY_H

#include <pthread.h>
#include <stdbool.h>

// Gives a thread real-time priority, below any sound server's own threads (jackd's
// clients have 65, PipeWire's 83) and above what else the machine does.  Returns whether
// that was allowed; where it was not the music plays all the same.
bool mg_priority_raise(pthread_t thread);

#endif
