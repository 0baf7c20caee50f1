// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What computes a training: gradients of batches, updates of the weights, scores.
//
// A backend works on the model and the optimiser of one training.  It may hold copies of
// the weights and of the optimiser's means where its machine is: then those on the host
// are behind until mg_backend_store(), and changed ones are only seen after
// mg_backend_load().  One thread calls it.
#ifndef MG_TRAINER_BACKEND_H
#define MG_TRAINER_BACKEND_H

#include <glib.h>

#include "trainer/evaluate.h"
#include "trainer/optimizer.h"
#include "trainer/ranks.h"

enum mg_device {
    MG_DEVICE_AUTO, // a GPU where there is one
    MG_DEVICE_CPU,
    MG_DEVICE_CUDA,
};

// Where to compute, and how; it does not decide which course a training takes but for
// rounding.
struct mg_backend_choice {
    enum mg_device device;
    enum mg_precision precision; // of the factors of products; sums are fp32
    int threads;                 // of the CPU
    struct mg_ranks *ranks;      // that share the work; NULL: this process is alone
    int rank_on_host;            // from 0: which of the host's devices to take
};

// What to compute for.
struct mg_backend_task {
    struct mg_model *model;         // borrowed
    struct mg_optimizer *optimizer; // borrowed
    int batch;                      // segments at the most, of this rank
    int steps;                      // of a segment at the most
};

// Segments whose losses are to fall together.  Their rolls, and those of a corpus that is
// scored, stay where and as they are while the backend lives: it may hold copies.
struct mg_batch {
    const struct mg_segment *segments;
    int count;
    struct mg_dropout dropout;
    float scale; // of the loss: 1 / the steps of all of them
};

// Called as a part of the gradient is complete, on any thread but on one at a time, so
// that it can travel while the rest is computed: `count` values of the array from `offset`
// on, on the host.
typedef void mg_backend_ready(void *context, float *gradient, size_t offset,
                              size_t count);

struct mg_backend;

// The operations.  Those that return int: 0, or -errno with one line in *error.
struct mg_backend_ops {
    const char *name; // as --device has it
    bool on_host; // the host's weights and means are always the present ones, and may
                  // be read while gradient() and score() run

    // The gradient of scale * loss, kept for update().  losses: (count), out.  ready: or
    // NULL; what it is told of may be changed until update().
    int (*gradient)(struct mg_backend *backend, const struct mg_batch *batch,
                    struct mg_loss *losses, mg_backend_ready *ready, void *context,
                    GError **error);

    // One update by the gradient: see mg_optimizer_update().  *norm: of the gradient.
    int (*update)(struct mg_backend *backend, float rate, double *norm, GError **error);

    // The score of a corpus under the present weights, as mg_evaluator_run().
    int (*score)(struct mg_backend *backend, const struct mg_corpus *corpus,
                 const volatile sig_atomic_t *stop, struct mg_score *score,
                 GError **error);

    // Takes the weights and means of the host, and gives them back.
    int (*load)(struct mg_backend *backend, GError **error);
    int (*store)(struct mg_backend *backend, GError **error);

    void (*destroy)(struct mg_backend *backend);
};

// What each backend begins with.
struct mg_backend {
    const struct mg_backend_ops *ops;
    char remark[256]; // the device's name, or why it is the CPU; may be empty
};

// The backend of a choice; AUTO falls back to the CPU, and its remark says why.  NULL with
// one line in *error: no memory, no such device.
struct mg_backend *mg_backend_create(const struct mg_backend_choice *choice,
                                     const struct mg_backend_task *task,
                                     GError **error);

// The backends themselves; as above.  That of CUDA is in a plug-in, mg-cuda.so, so that
// nothing else needs its libraries: mg_backend_create() finds it beside the program, or
// where it is installed, or in the folder that MG_PLUGINS in the environment names.
struct mg_backend *mg_backend_create_cpu(const struct mg_backend_choice *choice,
                                         const struct mg_backend_task *task,
                                         GError **error);
struct mg_backend *mg_backend_create_cuda(const struct mg_backend_choice *choice,
                                          const struct mg_backend_task *task,
                                          GError **error);

#endif
