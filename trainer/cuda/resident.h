// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The pieces of music that are on the device: each goes there once, when it is first seen,
// and stays.
#ifndef MG_TRAINER_CUDA_RESIDENT_H
#define MG_TRAINER_CUDA_RESIDENT_H

#include "model/roll.h"
#include "trainer/cuda/device.h"

struct mg_cuda_resident {
    GHashTable *pieces; // struct mg_roll * to its cells on the device; owned
    GPtrArray *blocks;  // the memory they are in; owned
    size_t left;        // bytes of the last block
};

void mg_cuda_resident_init(struct mg_cuda_resident *resident);
void
mg_cuda_resident_finish(struct mg_cuda_resident *resident); // takes a zeroed struct

// The cells of a roll on the device, (steps, notes); NULL after an error.  The roll must
// stay as it is, where it is.
const uint8_t *mg_cuda_resident_cells(struct mg_cuda_resident *resident,
                                      struct mg_cuda *cuda, const struct mg_roll *roll);

#endif
