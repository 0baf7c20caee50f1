// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Memory that runs out, for any program: MG_FAULT=KIND MG_FAULT_AT=N
// LD_PRELOAD=guard_memory.so
//
// Fails the N-th allocation that is made by the program itself (KIND program) or by GLib
// (KIND glib).  With the kind program it writes, at the end, one line on stderr: how many of
// the program's own allocations were made and never freed.
//
//     guard_memory: CALLS calls, LEFT left
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVE_MAX = 1 << 16 };

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t first, last; // the code that is watched
static bool is_program;
static int calls, wanted;
static void *live[LIVE_MAX]; // of those calls
static int live_count;

static int
find_code(struct dl_phdr_info *info, size_t size, void *found)
{
    (void)size;
    bool *done = found;
    // The program itself comes first and has no name.
    bool is_it = is_program ? !*info->dlpi_name
                            : strstr(info->dlpi_name, "/libglib-2.0.so") != NULL;
    for (int i = 0; is_it && !*done && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            first = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            last = first + info->dlpi_phdr[i].p_memsz;
            *done = true;
        }
    return *done;
}

__attribute__((constructor)) static void
start(void)
{
    const char *kind = getenv("MG_FAULT"), *at = getenv("MG_FAULT_AT");
    bool found = false;
    is_program = kind && strcmp(kind, "program") == 0;
    wanted = at ? atoi(at) : 0;
    dl_iterate_phdr(find_code, &found);
}

static bool
is_watched(const void *caller)
{
    return (uintptr_t)caller >= first && (uintptr_t)caller < last;
}

static bool
fails(const void *caller)
{
    if (!is_watched(caller))
        return false;
    pthread_mutex_lock(&mutex);
    bool is_hit = ++calls == wanted;
    pthread_mutex_unlock(&mutex);
    if (is_hit)
        errno = ENOMEM;
    return is_hit;
}

static void *
note(void *memory, const void *caller)
{
    if (!memory || !is_watched(caller))
        return memory;
    pthread_mutex_lock(&mutex);
    if (live_count < LIVE_MAX)
        live[live_count++] = memory;
    pthread_mutex_unlock(&mutex);
    return memory;
}

void *
malloc(size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : note(__libc_malloc(bytes), caller);
}

void *
calloc(size_t count, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : note(__libc_calloc(count, bytes), caller);
}

void *
aligned_alloc(size_t alignment, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : note(__libc_memalign(alignment, bytes), caller);
}

int
posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    void *made = fails(caller) ? NULL : note(__libc_memalign(alignment, bytes), caller);
    if (!made)
        return ENOMEM;
    *memory = made;
    return 0;
}

void
free(void *memory)
{
    if (memory) {
        pthread_mutex_lock(&mutex);
        for (int i = live_count; i-- > 0;)
            if (live[i] == memory) {
                live[i] = live[--live_count];
                break;
            }
        pthread_mutex_unlock(&mutex);
    }
    __libc_free(memory);
}

__attribute__((destructor)) static void
tell(void)
{
    if (is_program)
        fprintf(stderr, "guard_memory: %d calls, %d left\n", calls, live_count);
}
