// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A ring of fixed-size messages from one thread to one other, without locks.
//
// Memory order, said once: each side owns one counter and publishes it with release
// after it has copied the message; the other side reads it with acquire before it
// touches the slot.  A message is therefore visible whole or not at all.
// (jack_ringbuffer has no barriers on ARM in Debian 12: jack2 #388, #715.)
#ifndef MG_ENGINE_RING_H
#define MG_ENGINE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/mark.h"

struct mg_ring {
    unsigned char *slots; // capacity * message_bytes, owned
    size_t message_bytes;
    uint32_t capacity;                     // a power of two
    _Alignas(64) _Atomic uint32_t written; // messages ever pushed; the producer's
    _Alignas(64) _Atomic uint32_t taken;   // messages ever popped; the consumer's
};

// Makes an empty ring.  capacity: a power of two.  Returns 0 or -ENOMEM.  Before the
// threads start.
int mg_ring_init(struct mg_ring *ring, size_t message_bytes, uint32_t capacity);

// After the threads have ended.  Takes a zeroed ring.
void mg_ring_finish(struct mg_ring *ring);

// Copies a message in.  Returns false when the ring is full: the caller counts it or
// tries again.  Producer thread only.
MG_RT bool mg_ring_push(struct mg_ring *ring, const void *message);

// Copies the oldest message out.  Returns false when there is none.  Consumer thread
// only.
MG_RT bool mg_ring_pop(struct mg_ring *ring, void *message);

#endif
