// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Threads that share out independent jobs and wait for each other.
#ifndef MG_TRAINER_TEAM_H
#define MG_TRAINER_TEAM_H

enum { MG_TEAM_THREADS_MAX = 256 };

// A thread for each core that this process may run on, within the bound; `processes` of
// them share the machine's cores.
int mg_team_default_threads(int processes);

// One job of a run: number 0 .. jobs - 1, done by thread 0 .. threads - 1.
typedef void mg_team_job(void *context, int thread, int job);

// Runs `jobs` jobs on `threads` threads (the caller is thread 0) and returns when all
// are done.  Thread k does the jobs k, k + threads, ...: always the same ones in the
// same order. Where a thread cannot be started its jobs are done by the caller.
void mg_team_run(int threads, int jobs, mg_team_job *job, void *context);

#endif
