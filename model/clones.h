// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Functions compiled for several instruction sets, picked when the program starts. None
// of them fuses a multiply with an add (-ffp-contract=off), so that all give the same
// bits.
#ifndef MG_MODEL_CLONES_H
#define MG_MODEL_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                 \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MG_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MG_CLONES
#endif

#endif
