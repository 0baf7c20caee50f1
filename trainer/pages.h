// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Memory for what is large and lives long.
#ifndef MG_TRAINER_PAGES_H
#define MG_TRAINER_PAGES_H

#include <stddef.h>

// rows * cols zeros on huge pages where the system has them: activations take hundreds of
// megabytes, and with small pages the processor would spend its time in looking them up.
// Free with free().  NULL when memory is short.
float *mg_pages(size_t rows, size_t cols);

#endif
