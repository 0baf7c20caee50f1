// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What this machine can do at the most, measured: multiply-adds with nothing to wait for,
// and reading from the second cache.
#ifndef MG_TESTS_BENCH_YARDSTICK_H
#define MG_TESTS_BENCH_YARDSTICK_H

#include <stddef.h>

#include "model/panels.h"

// Operations a second of one thread, a multiply-add counting two, by the widest
// instruction there is.  Takes some 0.3 ms.  Any thread.
double mg_yardstick_flops(enum mg_precision precision);

// Bytes a second, of reading `bytes` over and over.  Takes about as long as a step.
double mg_yardstick_stream(size_t bytes);

// Seconds on the monotonic clock.
double mg_yardstick_now(void);

#endif
