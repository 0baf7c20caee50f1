// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A team is started for each run: a training update takes seconds, a thread
// microseconds.
#define _GNU_SOURCE // sched_getaffinity
#include "trainer/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    bool started;
    int number;
    int threads;
    int jobs;
    mg_team_job *job;
    void *context;
};

int
mg_team_default_threads(int processes)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN) / processes;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 &&
        CPU_COUNT(&allowed) < cores)
        cores = CPU_COUNT(&allowed);
    if (cores < 1)
        return 1;
    return cores < MG_TEAM_THREADS_MAX ? (int)cores : MG_TEAM_THREADS_MAX;
}

static void *
work(void *argument)
{
    struct worker *w = argument;
    for (int job = w->number; job < w->jobs; job += w->threads)
        w->job(w->context, w->number, job);
    return NULL;
}

void
mg_team_run(int threads, int jobs, mg_team_job *job, void *context)
{
    struct worker workers[MG_TEAM_THREADS_MAX];
    threads = threads > MG_TEAM_THREADS_MAX ? MG_TEAM_THREADS_MAX : threads;
    for (int k = threads - 1; k >= 0; k--) {
        workers[k] = (struct worker){.number = k,
                                     .threads = threads,
                                     .jobs = jobs,
                                     .job = job,
                                     .context = context};
        workers[k].started =
            k > 0 && k < jobs &&
            pthread_create(&workers[k].thread, NULL, work, &workers[k]) == 0;
    }
    for (int k = 0; k < threads; k++)
        if (!workers[k].started)
            work(&workers[k]);
    for (int k = 1; k < threads; k++)
        if (workers[k].started)
            pthread_join(workers[k].thread, NULL);
}
