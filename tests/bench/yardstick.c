// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Loops of one instruction each.
#include "tests/bench/yardstick.h"

#include <stdint.h>
#include <time.h>

#include "model/clones.h"
#include "model/kernel.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

// Independent sums: two units of a latency of up to 8 are kept busy.
enum { SUMS = 16, TURNS = 2000 };

double
mg_yardstick_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Each loop returns the operations it did.  The sums go through an empty assembler line,
// or the compiler would leave them out.
#define USE(x) __asm__ volatile("" : "+v"(x))

#ifdef __x86_64__
#define AVX512 __attribute__((target("avx512f,fma"), noinline))
#define AVX2 __attribute__((target("avx2,fma"), noinline))

AVX512 static double
turn_avx512_bf16(void)
{
    __m512 sum[SUMS], x = _mm512_setzero_ps();
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
        sum[i] = x;
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 16
        for (int i = 0; i < SUMS; i++)
            __asm__ volatile("vdpbf16ps %1, %1, %0" : "+v"(sum[i]) : "v"(x));
    }
    return 64.0 * SUMS * TURNS;
}

AVX512 static double
turn_avx512(void)
{
    __m512 sum[SUMS], x = _mm512_set1_ps(0.5f);
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
        sum[i] = x;
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 16
        for (int i = 0; i < SUMS; i++)
            __asm__ volatile("vfmadd231ps %1, %1, %0" : "+v"(sum[i]) : "v"(x));
    }
    return 32.0 * SUMS * TURNS;
}

// As many sums as its registers allow.
AVX2 static double
turn_avx2(void)
{
    enum { FEWER = 12 };
    __m256 sum[FEWER], x = _mm256_set1_ps(0.5f);
#pragma GCC unroll 12
    for (int i = 0; i < FEWER; i++)
        sum[i] = x;
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 12
        for (int i = 0; i < FEWER; i++)
            __asm__ volatile("vfmadd231ps %1, %1, %0" : "+x"(sum[i]) : "x"(x));
    }
    return 16.0 * FEWER * TURNS;
}
#endif

static double
turn_portable(void)
{
    typedef float vector __attribute__((vector_size(16)));
    vector sum[SUMS] = {{0}}, x = {0.5f, 0.5f, 0.5f, 0.5f};
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 16
        for (int i = 0; i < SUMS; i++)
            sum[i] += x * x;
        __asm__ volatile("" : "+m"(sum));
    }
    return 8.0 * SUMS * TURNS;
}

double
mg_yardstick_flops(enum mg_precision precision)
{
    double (*turn)(void) = turn_portable;
#ifdef __x86_64__
    if (mg_kernel_avx2.runs_here())
        turn = turn_avx2;
    if (mg_kernel_avx512.runs_here())
        turn = turn_avx512;
    if (precision == MG_PRECISION_BF16 && mg_kernel_avx512_bf16.runs_here())
        turn = turn_avx512_bf16;
#endif
    (void)precision;
    double begun = mg_yardstick_now(), done = 0;
    for (int i = 0; i < 30; i++)
        done += turn();
    return done / (mg_yardstick_now() - begun);
}

// Reads all: the exclusive or of eight streams in one, so that none waits.  Parts of 32 bytes,
// since gcc keeps longer vectors in memory where there is no AVX-512.
typedef uint64_t part __attribute__((vector_size(32)));
enum { STREAMS = 8 };

MG_CLONES static void
read_all(const part *parts, size_t count, part *out)
{
    part sum[STREAMS] = {{0}};
    for (size_t i = 0; i + STREAMS <= count; i += STREAMS) {
#pragma GCC unroll 8
        for (size_t s = 0; s < STREAMS; s++)
            sum[s] ^= parts[i + s];
    }
    *out = (part){0};
    for (int s = 0; s < STREAMS; s++)
        *out ^= sum[s];
}

double
mg_yardstick_stream(size_t bytes)
{
    enum { MOST = 1 << 20, TIMES = 88 };
    static part parts[MOST / sizeof(part)];
    static part kept;
    size_t count = (bytes < MOST ? bytes : MOST) / sizeof(part);
    read_all(parts, count, &kept);
    double begun = mg_yardstick_now();
    for (int i = 0; i < TIMES; i++)
        read_all(parts, count, &kept);
    return (double)(count * sizeof(part)) * TIMES / (mg_yardstick_now() - begun);
}
