// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A kernel is a function of one thread: what it is to do, by its struct, at place i.  No
// thread waits for another, so that a loop over i does the same: that is what the stand-in
// for a GPU does (tests/cuda_stand_in), which has an MG_KERNEL of its own.
#ifndef MG_TRAINER_CUDA_LAUNCH_H
#define MG_TRAINER_CUDA_LAUNCH_H

#include <cuda_runtime.h>
#include <stdint.h>

#ifndef MG_KERNEL

enum { MG_BLOCK_THREADS = 256 };

// Defines mg_launch_NAME() of kernels.h from the function of one thread.
#define MG_KERNEL(name)                                                                \
    static __global__ void name##_grid(struct mg_##name task, uint32_t count)          \
    {                                                                                  \
        uint32_t i = blockIdx.x * MG_BLOCK_THREADS + threadIdx.x;                      \
        if (i < count)                                                                 \
            name(&task, i);                                                            \
    }                                                                                  \
    cudaError_t mg_launch_##name(cudaStream_t stream, const struct mg_##name *task,    \
                                 uint32_t count)                                       \
    {                                                                                  \
        uint32_t blocks = (count + MG_BLOCK_THREADS - 1) / MG_BLOCK_THREADS;           \
        name##_grid<<<blocks, MG_BLOCK_THREADS, 0, stream>>>(*task, count);            \
        return cudaGetLastError();                                                     \
    }

#endif
#endif
