// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MG_HOST_DEVICE: before a function that a GPU may call too.
#ifndef MG_MODEL_HOST_DEVICE_H
#define MG_MODEL_HOST_DEVICE_H

#ifdef __CUDACC__
#define MG_HOST_DEVICE __host__ __device__
#else
#define MG_HOST_DEVICE
#endif

#endif
