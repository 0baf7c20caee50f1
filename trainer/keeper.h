// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Keeps a training: beside the model file stand its checkpoint and, while the training
// runs, a lock.
//
// The checkpoint is the truth and is written first; the model file is the best state in it.
// Whatever moment the process dies at, --resume makes the model file anew from the
// checkpoint that is there.
#ifndef MG_TRAINER_KEEPER_H
#define MG_TRAINER_KEEPER_H

#include <glib.h>
#include <stdbool.h>

#include "trainer/training.h"

struct mg_keeper {
    struct mg_ranks *ranks; // borrowed; rank 0 writes, the others only remember
    const char *model_path; // borrowed
    char *checkpoint_path;
    char *lock_path;
    int lock;       // -1: not held
    GBytes *good;   // the last checkpoint, written or not; NULL: none yet
    int64_t stands; // the update whose weights are the model file; -1: not known
};

// Takes the lock of the model.  Refuses where a file stands that is no model, or a checkpoint
// other than the one that is resumed (NULL: none is).  Returns 0, or -errno with one line in
// *error, as all below.
int mg_keeper_init(struct mg_keeper *keeper, struct mg_ranks *ranks,
                   const char *model_path, const char *resumed, GError **error);

// Removes the lock.  Takes a zeroed struct.
void mg_keeper_finish(struct mg_keeper *keeper);

// Goes on from a checkpoint file, which rank 0 reads: see mg_checkpoint_restore() and
// mg_ranks_read_file().
int mg_keeper_resume(struct mg_keeper *keeper, struct mg_training *training,
                     const char *path, GError **error);

// Makes the present state the one that roll_back() goes back to, and writes it; the best
// model, described by its metadata, where it is another than the one that stands.  A
// failure is one of writing: the files are the old ones, and the next call tries again.
int mg_keeper_keep(struct mg_keeper *keeper, struct mg_training *training,
                   GError **error);

// Goes back to the last state kept.  The rollbacks are counted on, which halves the rate.
int mg_keeper_roll_back(struct mg_keeper *keeper, struct mg_training *training,
                        GError **error);

#endif
