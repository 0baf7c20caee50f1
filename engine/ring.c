// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ring: two counters that only grow, and wrap together at 2^32.
#include "engine/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
mg_ring_init(struct mg_ring *ring, size_t message_bytes, uint32_t capacity)
{
    assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
    // Touched here: a page's first use would cost the real-time thread.  Not malloc():
    // with the memset() after it the compiler would make it calloc(), which touches
    // nothing.
    void *slots = NULL;
    if (posix_memalign(&slots, _Alignof(struct mg_ring), capacity * message_bytes) != 0)
        return -ENOMEM;
    ring->slots = memset(slots, 0, capacity * message_bytes);
    ring->message_bytes = message_bytes;
    ring->capacity = capacity;
    atomic_init(&ring->written, 0);
    atomic_init(&ring->taken, 0);
    return 0;
}

void
mg_ring_finish(struct mg_ring *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

static unsigned char *
slot(const struct mg_ring *ring, uint32_t index)
{
    return ring->slots + (index & (ring->capacity - 1)) * ring->message_bytes;
}

MG_RT bool
mg_ring_push(struct mg_ring *ring, const void *message)
{
    uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    if (written - taken == ring->capacity)
        return false;
    memcpy(slot(ring, written), message, ring->message_bytes);
    atomic_store_explicit(&ring->written, written + 1, memory_order_release);
    return true;
}

MG_RT bool
mg_ring_pop(struct mg_ring *ring, void *message)
{
    uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    uint32_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    if (written == taken)
        return false;
    memcpy(message, slot(ring, taken), ring->message_bytes);
    atomic_store_explicit(&ring->taken, taken + 1, memory_order_release);
    return true;
}
