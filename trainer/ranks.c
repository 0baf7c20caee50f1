// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Finds out whether there are other ranks, and what all kinds of them have in common.
#include "trainer/ranks.h"

#include <errno.h>
#include <string.h>

#include "io/file.h"
#include "trainer/plugin.h"

typedef struct mg_ranks *create_ranks(GError **error);

static const char PLUGIN[] = "mg-mpi.so";

static void
begin_nothing(struct mg_ranks *ranks, float *values, size_t count)
{
    (void)ranks;
    (void)values;
    (void)count;
}

static int
wait_for_none(struct mg_ranks *ranks, GError **error)
{
    (void)ranks;
    (void)error;
    return 0;
}

static int
sum_one(struct mg_ranks *ranks, double *values, size_t count, GError **error)
{
    (void)ranks;
    (void)values;
    (void)count;
    (void)error;
    return 0;
}

static int
tell_nobody(struct mg_ranks *ranks, void *bytes, size_t length, GError **error)
{
    (void)ranks;
    (void)bytes;
    (void)length;
    (void)error;
    return 0;
}

static void
do_nothing(struct mg_ranks *ranks)
{
    (void)ranks;
}

struct mg_ranks *
mg_ranks_alone(void)
{
    static const struct mg_ranks_ops ALONE = {
        .begin_sum = begin_nothing,
        .wait = wait_for_none,
        .sum = sum_one,
        .broadcast = tell_nobody,
        .abort = do_nothing,
        .destroy = do_nothing,
    };
    static struct mg_ranks alone = {
        .ops = &ALONE, .size = 1, .ranks_on_host = 1, .hosts = 1};
    return &alone;
}

// The number that the first of some variables has, or `otherwise`.
static int
number_of(const char *const *variables, int otherwise)
{
    for (; *variables; variables++) {
        const char *text = g_getenv(*variables);
        gint64 value;
        if (text && g_ascii_string_to_signed(text, 10, 0, G_MAXINT, &value, NULL))
            return (int)value;
    }
    return otherwise;
}

// How many processes the launcher has started.  Open MPI's mpirun; MPICH's and Intel's, and
// srun's PMI-2; srun's PMIx, which has no size of its own.  That of a batch job is none of
// them: its script runs once, and so do the programs in it.
static int
launched_size(void)
{
    static const char *const SIZES[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", NULL};
    static const char *const TASKS[] = {"SLURM_STEP_NUM_TASKS", NULL};
    int size = number_of(SIZES, 0);
    if (!size && g_getenv("PMIX_RANK"))
        size = number_of(TASKS, 1);
    return MAX(size, 1);
}

int
mg_ranks_launched_rank(void)
{
    static const char *const RANKS[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK",
                                        NULL};
    return number_of(RANKS, 0);
}

struct mg_ranks *
mg_ranks_create(GError **error)
{
    int size = launched_size();
    if (size == 1)
        return mg_ranks_alone();
    create_ranks *create = NULL;
    // POSIX's own way to write what ISO C has no cast for.
    *(void **)&create =
        mg_plugin_symbol(PLUGIN, "mg_ranks_create_mpi",
                         "install MPI and build again, or start it once", error);
    if (!create)
        g_prefix_error(error, "started %d times at once: ", size);
    struct mg_ranks *ranks = create ? create(error) : NULL;
    if (ranks && ranks->size == 1) {
        // Each of them would be rank 0 of its own training, on the same files.
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV,
                    "started %d times at once, but by the launcher of another MPI than "
                    "%s was built with: none sees the others",
                    size, PLUGIN);
        mg_ranks_destroy(ranks);
        ranks = NULL;
    }
    return ranks;
}

void
mg_ranks_destroy(struct mg_ranks *ranks)
{
    if (ranks)
        ranks->ops->destroy(ranks);
}

int
mg_ranks_agree(struct mg_ranks *ranks, int status, GError **error)
{
    double *failed = g_new0(double, ranks->size);
    int first = 0;
    failed[ranks->rank] = status != 0;
    int lost =
        ranks->ops->sum(ranks, failed, (size_t)ranks->size, status ? NULL : error);
    while (first < ranks->size && failed[first] == 0.0)
        first++;
    g_free(failed);
    if (lost)
        return status ? status : lost;
    if (first == ranks->size)
        return 0;
    if (first == ranks->rank) {
        if (first > 0)
            g_prefix_error(error, "rank %d on %s: ", first, ranks->names[first]);
        return status;
    }
    if (error)
        g_clear_error(error);
    return -ECANCELED;
}

int
mg_ranks_compare(struct mg_ranks *ranks, uint64_t value, int *other, GError **error)
{
    uint64_t first = value;
    double *differs = g_new0(double, ranks->size);
    int status = ranks->ops->broadcast(ranks, &first, sizeof first, error);
    differs[ranks->rank] = value != first;
    if (!status)
        status = ranks->ops->sum(ranks, differs, (size_t)ranks->size, error);
    *other = 0;
    for (int i = ranks->size - 1; i > 0; i--)
        if (differs[i] != 0.0)
            *other = i;
    g_free(differs);
    return status;
}

GBytes *
mg_ranks_read_file(struct mg_ranks *ranks, const char *path, size_t max_bytes,
                   GError **error)
{
    GBytes *bytes = ranks->rank ? NULL : mg_file_read(path, max_bytes, error);
    int status = ranks->rank || bytes ? 0 : -EIO;
    if (ranks->size == 1)
        return bytes;
    status = mg_ranks_agree(ranks, status, error);
    uint64_t length = bytes ? g_bytes_get_size(bytes) : 0;
    if (!status)
        status = ranks->ops->broadcast(ranks, &length, sizeof length, error);
    void *copy = NULL;
    if (!status) {
        copy =
            bytes ? g_memdup2(g_bytes_get_data(bytes, NULL), length) : g_malloc(length);
        status = ranks->ops->broadcast(ranks, copy, length, error);
    }
    if (bytes)
        g_bytes_unref(bytes);
    if (!status)
        return g_bytes_new_take(copy, length);
    g_free(copy);
    return NULL;
}

void
mg_ranks_slice(const struct mg_ranks *ranks, int count, int *first, int *own)
{
    int64_t all = count;
    *first = (int)(all * ranks->rank / ranks->size);
    *own = (int)(all * (ranks->rank + 1) / ranks->size) - *first;
}
