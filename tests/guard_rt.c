// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A guard for the real-time thread of any JACK client: LD_PRELOAD=guard_rt.so CLIENT
//
// Stands before the process callback that the client registers, and before the functions
// that may allocate, wait or call the system: each call of one within the other is a
// violation.  At the end one line on stderr:
//
//     guard_rt: CYCLES cycles VIOLATIONS violations FAULTS faults WORST us (FIRST)
//
// FAULTS: page faults of the real-time thread after its first 1,000 cycles, and WORST: the
// longest of those cycles, in microseconds of processor time; FIRST: the first function
// that was called where it must not be.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SETTLED = 1000 };

typedef int process_fn(unsigned frames, void *context);

// In the thread's own block from the beginning: a lazily made one would call malloc.
static __thread bool is_inside __attribute__((tls_model("initial-exec")));

static atomic_long cycles, violations, faults_at_start, faults_now, worst_us;
static _Atomic(const char *) first_violation;
static process_fn *process;
static void *process_context;

static void
note(const char *name)
{
    if (!is_inside)
        return;
    const char *none = NULL;
    atomic_compare_exchange_strong(&first_violation, &none, name);
    atomic_fetch_add(&violations, 1);
}

// The real function behind this one.
static void
find_real(void *function, const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}

// --- allocation: through the names that the C library keeps for itself ---------------

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void __libc_free(void *memory);

void *
malloc(size_t bytes)
{
    note("malloc");
    return __libc_malloc(bytes);
}

void *
calloc(size_t count, size_t bytes)
{
    note("calloc");
    return __libc_calloc(count, bytes);
}

void *
realloc(void *memory, size_t bytes)
{
    note("realloc");
    return __libc_realloc(memory, bytes);
}

void
free(void *memory)
{
    note("free");
    __libc_free(memory);
}

// --- waiting and the system ----------------------------------------------------------

// A function of this name, type and parameters that notes the call and passes it on.
#define PASS_ON(type, name, parameters, arguments)                                     \
    type name parameters                                                               \
    {                                                                                  \
        static __typeof__(name) *real;                                                 \
        note(#name);                                                                   \
        if (!real)                                                                     \
            find_real(&real, #name);                                                   \
        return real arguments;                                                         \
    }

PASS_ON(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
PASS_ON(int, pthread_cond_wait, (pthread_cond_t * cond, pthread_mutex_t *mutex),
        (cond, mutex))
PASS_ON(int, sem_wait, (sem_t * semaphore), (semaphore))
PASS_ON(int, nanosleep, (const struct timespec *time, struct timespec *left),
        (time, left))
PASS_ON(int, usleep, (useconds_t us), (us))
PASS_ON(ssize_t, read, (int file, void *bytes, size_t count), (file, bytes, count))
PASS_ON(ssize_t, write, (int file, const void *bytes, size_t count),
        (file, bytes, count))
PASS_ON(int, puts, (const char *text), (text))
PASS_ON(FILE *, fopen, (const char *path, const char *mode), (path, mode))

// --- the callback --------------------------------------------------------------------

static long
page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

// Time of this thread alone: what others took of the machine does not count.
static long
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
guarded(unsigned frames, void *context)
{
    (void)context;
    long begun_us = now_us();
    is_inside = true;
    int code = process(frames, process_context);
    is_inside = false;
    long took_us = now_us() - begun_us;
    long cycle = atomic_fetch_add(&cycles, 1);
    if (cycle == SETTLED)
        atomic_store(&faults_at_start, page_faults());
    if (cycle >= SETTLED)
        atomic_store(&faults_now, page_faults());
    if (cycle >= SETTLED && took_us > atomic_load(&worst_us))
        atomic_store(&worst_us, took_us);
    return code;
}

int jack_set_process_callback(void *client, process_fn *callback, void *context);

int
jack_set_process_callback(void *client, process_fn *callback, void *context)
{
    int (*real)(void *, process_fn *, void *);
    find_real(&real, "jack_set_process_callback");
    process = callback;
    process_context = context;
    return real(client, guarded, context);
}

__attribute__((destructor)) static void
tell(void)
{
    const char *first = atomic_load(&first_violation);
    fprintf(stderr, "guard_rt: %ld cycles %ld violations %ld faults %ld us (%s)\n",
            atomic_load(&cycles), atomic_load(&violations),
            atomic_load(&faults_now) - atomic_load(&faults_at_start),
            atomic_load(&worst_us), first ? first : "none");
}
