// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ranks of MPI; this file is the plug-in mg-mpi.so.
//
// MPI moves a sum on only while one of its functions runs, so that a thread looks after
// those that are under way while the others compute.  It sleeps in between: it shares a
// core with one that computes.  One thread at a time is in MPI (MPI_THREAD_SERIALIZED).
#include <errno.h>
#include <limits.h>
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trainer/ranks.h"

enum {
    SUMS_MAX = 64,     // under way
    NUDGE_US = 100,    // between two looks while others compute
    EAGER_LOOKS = 200, // of who waits, before it sleeps in between as well
    CHUNK_BYTES = 1 << 30,
};

struct mpi {
    struct mg_ranks base;
    MPI_Comm comm;
    pthread_mutex_t lock; // of MPI, and of what follows
    pthread_cond_t begun;
    MPI_Request sums[SUMS_MAX];
    MPI_Status states[SUMS_MAX]; // MPICH's header warns of MPI_STATUSES_IGNORE
    int count;
    int failure; // of MPI; 0: none
    bool quit;
    pthread_t nudger;
    bool has_nudger;
};

static int
fail(struct mpi *m, int code, GError **error)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    pthread_mutex_lock(&m->lock);
    MPI_Error_string(code, text, &length);
    pthread_mutex_unlock(&m->lock);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "mpi: %s", text);
    return -ECONNRESET;
}

// Moves all that is under way on.  Returns whether nothing is left.  With the lock.
static bool
look_after(struct mpi *m)
{
    int done = 1;
    int code = MPI_Testall(m->count, m->sums, &done, m->states);
    if (code)
        m->failure = code;
    if (done || m->failure)
        m->count = 0;
    return m->count == 0;
}

static void
sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void *
nudge(void *argument)
{
    struct mpi *m = argument;
    pthread_mutex_lock(&m->lock);
    while (!m->quit) {
        if (m->count == 0) {
            pthread_cond_wait(&m->begun, &m->lock);
            continue;
        }
        look_after(m);
        pthread_mutex_unlock(&m->lock);
        sleep_us(NUDGE_US);
        pthread_mutex_lock(&m->lock);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

// What was begun last is under way, or has failed.  With the lock.
static void
add(struct mpi *m, int code)
{
    if (code)
        m->failure = code;
    else
        m->count++;
}

static void
begin_sum(struct mg_ranks *ranks, float *values, size_t count)
{
    struct mpi *m = (struct mpi *)ranks;
    pthread_mutex_lock(&m->lock);
    if (m->count == SUMS_MAX || count > INT_MAX)
        m->failure = MPI_ERR_COUNT; // our own bug
    if (!m->failure) {
        int code = MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_FLOAT, MPI_SUM,
                                  m->comm, &m->sums[m->count]);
        add(m, code);
        pthread_cond_signal(&m->begun);
    }
    pthread_mutex_unlock(&m->lock);
}

static int
wait(struct mg_ranks *ranks, GError **error)
{
    struct mpi *m = (struct mpi *)ranks;
    for (int looks = 0;; looks++) {
        pthread_mutex_lock(&m->lock);
        bool done = look_after(m);
        int failure = m->failure;
        pthread_mutex_unlock(&m->lock);
        if (failure)
            return fail(m, failure, error);
        if (done)
            return 0;
        if (atomic_load(&ranks->give_up)) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INTR,
                        "the other ranks do not answer");
            return -EINTR;
        }
        if (looks < EAGER_LOOKS)
            sched_yield();
        else
            sleep_us(20);
    }
}

static int
sum(struct mg_ranks *ranks, double *values, size_t count, GError **error)
{
    struct mpi *m = (struct mpi *)ranks;
    pthread_mutex_lock(&m->lock);
    int code = MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_DOUBLE, MPI_SUM,
                              m->comm, &m->sums[m->count]);
    add(m, code);
    pthread_mutex_unlock(&m->lock);
    return wait(ranks, error);
}

static int
broadcast(struct mg_ranks *ranks, void *bytes, size_t length, GError **error)
{
    struct mpi *m = (struct mpi *)ranks;
    int status = 0;
    for (size_t at = 0; at < length && !status; at += CHUNK_BYTES) {
        size_t left = length - at, chunk = MIN(left, (size_t)CHUNK_BYTES);
        pthread_mutex_lock(&m->lock);
        int code = MPI_Ibcast((char *)bytes + at, (int)chunk, MPI_BYTE, 0, m->comm,
                              &m->sums[m->count]);
        add(m, code);
        pthread_mutex_unlock(&m->lock);
        status = wait(ranks, error);
    }
    return status;
}

// Without the lock: whoever has it may be waiting for a rank that is gone.
static void
end_all(struct mg_ranks *ranks)
{
    struct mpi *m = (struct mpi *)ranks;
    MPI_Abort(m->comm, 1);
    _Exit(1);
}

static void
destroy(struct mg_ranks *ranks)
{
    struct mpi *m = (struct mpi *)ranks;
    if (m->has_nudger) {
        pthread_mutex_lock(&m->lock);
        m->quit = true;
        pthread_cond_signal(&m->begun);
        pthread_mutex_unlock(&m->lock);
        pthread_join(m->nudger, NULL);
    }
    MPI_Comm_free(&m->comm);
    MPI_Finalize();
    pthread_cond_destroy(&m->begun);
    pthread_mutex_destroy(&m->lock);
    g_strfreev(ranks->names);
    free(m);
}

// The names of all hosts, and how many they are.
static int
name_hosts(struct mpi *m)
{
    struct mg_ranks *r = &m->base;
    char own[MPI_MAX_PROCESSOR_NAME] = "";
    int length;
    char *all = g_malloc((gsize)r->size * sizeof own);
    int code = MPI_Get_processor_name(own, &length);
    if (!code)
        code = MPI_Allgather(own, sizeof own, MPI_CHAR, all, sizeof own, MPI_CHAR,
                             m->comm);
    r->names = g_new0(char *, r->size + 1);
    for (int i = 0; i < r->size; i++)
        r->names[i] = g_strndup(all + (size_t)i * sizeof own, sizeof own);
    g_free(all);
    int leads = r->rank_on_host == 0;
    if (!code)
        code = MPI_Allreduce(&leads, &r->hosts, 1, MPI_INT, MPI_SUM, m->comm);
    return code;
}

static int
find_places(struct mpi *m)
{
    struct mg_ranks *r = &m->base;
    MPI_Comm host;
    // Of our own: what others send does not mix with it, and an error returns here.
    int code = MPI_Comm_dup(MPI_COMM_WORLD, &m->comm);
    if (!code)
        code = MPI_Comm_set_errhandler(m->comm, MPI_ERRORS_RETURN);
    if (!code)
        code =
            MPI_Comm_split_type(m->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
    if (code)
        return code;
    MPI_Comm_rank(m->comm, &r->rank);
    MPI_Comm_size(m->comm, &r->size);
    MPI_Comm_rank(host, &r->rank_on_host);
    MPI_Comm_size(host, &r->ranks_on_host);
    MPI_Comm_free(&host);
    return name_hosts(m);
}

struct mg_ranks *
mg_ranks_create_mpi(GError **error)
{
    static const struct mg_ranks_ops MPI = {
        .begin_sum = begin_sum,
        .wait = wait,
        .sum = sum,
        .broadcast = broadcast,
        .abort = end_all,
        .destroy = destroy,
    };
    // Open MPI's own choice for a sum in place sends all of it log2(ranks) times;
    // Rabenseifner's algorithm sends it twice, however many they are.
    setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "3", 0);
    int level = MPI_THREAD_SINGLE;
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    if (code || level < MPI_THREAD_SERIALIZED) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV,
                    "mpi: does not start, or serves no threads");
        return NULL;
    }
    struct mpi *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->base.ops = &MPI;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->begun, NULL);
    code = find_places(m);
    if (code) {
        fail(m, code, error);
        end_all(&m->base);
    }
    // Without it the sums are not hidden, but right.
    m->has_nudger = pthread_create(&m->nudger, NULL, nudge, m) == 0;
    return &m->base;
}
