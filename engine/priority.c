// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The priority of the threads that compose.
#include "engine/priority.h"

#include <sched.h>

bool
mg_priority_raise(pthread_t thread)
{
    const struct sched_param parameters = {.sched_priority = 40};
    return pthread_setschedparam(thread, SCHED_FIFO, &parameters) == 0;
}
