// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a kernel's source needs, see cuda_runtime_api.h and trainer/cuda/launch.h: its
// threads take their turns.
#ifndef MG_TESTS_CUDA_RUNTIME_H
#define MG_TESTS_CUDA_RUNTIME_H

#include "cuda_runtime_api.h"

#define __device__

#define MG_KERNEL(name)                                                                \
    static void name##_grid(const void *task, uint32_t count)                          \
    {                                                                                  \
        for (uint32_t i = 0; i < count; i++)                                           \
            name((const struct mg_##name *)task, i);                                   \
    }                                                                                  \
    cudaError_t mg_launch_##name(cudaStream_t stream, const struct mg_##name *task,    \
                                 uint32_t count)                                       \
    {                                                                                  \
        if (!count) /* CUDA refuses a grid of no blocks */                             \
            return cudaErrorInvalidValue;                                              \
        return mg_stand_in_do(stream, name##_grid, task, sizeof *task, count);         \
    }

#endif
