// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The priority of the threads that compose.
#include "engine/priority.h"

#include <sched.h>

enum { HIGHEST = 40 };

bool
mg_priority_set_below(pthread_t thread, int sound)
{
    int priority = sound > HIGHEST ? HIGHEST : sound - 1;
    const struct sched_param parameters = {.sched_priority =
                                               priority > 0 ? priority : 0};
    return pthread_setschedparam(thread, priority > 0 ? SCHED_FIFO : SCHED_OTHER,
                                 &parameters) == 0;
}
