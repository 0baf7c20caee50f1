// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The processes that share one training, called ranks: each computes a slice of every
// batch, the gradients are summed, and all make the same update.
//
// What is shared is asked for by all ranks in the same order, or all would wait for ever.
// The ranks of MPI are in a plug-in, mg-mpi.so; a process by itself is a rank too, whose
// operations do nothing.
#ifndef MG_TRAINER_RANKS_H
#define MG_TRAINER_RANKS_H

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mg_ranks;

// The operations.  Those that return int: 0, or -ECONNRESET with one line in *error; after
// a failure only abort() is left.
struct mg_ranks_ops {
    // Starts to sum up `count` values over all ranks, in place, and returns at once; they
    // are not to be touched until wait() has returned.  Any thread, one at a time.
    void (*begin_sum)(struct mg_ranks *ranks, float *values, size_t count);

    // Until all that was begun is summed: the same bits on all ranks.  -EINTR where
    // give_up was set.
    int (*wait)(struct mg_ranks *ranks, GError **error);

    // Sums of a few numbers over all ranks, in place, between two wait().
    int (*sum)(struct mg_ranks *ranks, double *values, size_t count, GError **error);

    // The bytes of rank 0, to all.
    int (*broadcast)(struct mg_ranks *ranks, void *bytes, size_t length,
                     GError **error);

    // Ends all ranks at once, this one too, with status 1.  Any thread.
    void (*abort)(struct mg_ranks *ranks);

    // Where all get here.
    void (*destroy)(struct mg_ranks *ranks);
};

// What each kind of ranks begins with.
struct mg_ranks {
    const struct mg_ranks_ops *ops;
    int rank; // 0 .. size - 1; 0 is the one that speaks and writes
    int size;
    int rank_on_host;
    int ranks_on_host;
    int hosts;
    char **names;        // of the hosts, by rank
    atomic_bool give_up; // wait() is to end, though other ranks have not answered
};

// The rank of a process by itself.  Never destroyed.
struct mg_ranks *mg_ranks_alone(void) __attribute__((returns_nonnull));

// The rank that the launcher of this process (mpirun, srun) made it, from the environment;
// 0 without one.
int mg_ranks_launched_rank(void);

// Meets the other ranks, where a launcher has started some.  NULL with one line in *error:
// there are others, but they cannot be met.  To be destroyed, also where it is alone.
struct mg_ranks *mg_ranks_create(GError **error);
void mg_ranks_destroy(struct mg_ranks *ranks); // takes NULL

// Whether all ranks got this far.  Takes this rank's status, and its *error where that is
// not 0.  Returns 0 where it is 0 on all; on the first rank where it is not: that, with
// *error saying which rank it is; -ECANCELED without *error on all others.
int mg_ranks_agree(struct mg_ranks *ranks, int status, GError **error);

// The first rank whose value is not that of rank 0, in *other; 0: they are all the same.
int mg_ranks_compare(struct mg_ranks *ranks, uint64_t value, int *other,
                     GError **error);

// mg_file_read() by rank 0, for all; *error as of mg_ranks_agree().
GBytes *mg_ranks_read_file(struct mg_ranks *ranks, const char *path, size_t max_bytes,
                           GError **error);

// This rank's slice of `count` things: `*own` of them from the *first on.  The slices of
// all ranks are in their order, and differ by one at most.
void mg_ranks_slice(const struct mg_ranks *ranks, int count, int *first, int *own);

// What the plug-in has: NULL with one line in *error.
struct mg_ranks *mg_ranks_create_mpi(GError **error);

#endif
