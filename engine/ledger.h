// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ledger: which notes sound, in a few bytes that outlive the process.
//
// The real-time thread keeps it up to date in a small mapped file; whoever starts next
// under the same name finds what was left sounding, and ends it.  The struct is the file.
#ifndef MG_ENGINE_LEDGER_H
#define MG_ENGINE_LEDGER_H

#include <stdatomic.h>
#include <stdint.h>

#include "engine/msg.h"

// One bit a channel.  Written by the real-time thread, or by main while no cycle runs.
struct mg_ledger {
    char magic[8]; // MG_LEDGER_MAGIC
    _Atomic uint16_t ours[MG_KEYS];
    _Atomic uint16_t thru[MG_KEYS];
    _Atomic uint16_t left[MG_KEYS]; // sounding since an earlier life; to be ended

    // Ended a moment ago: a note-off may still be on its way through a driver's queue,
    // which a crash takes with it.  One table of now, one of before.
    _Atomic uint16_t ended[2][MG_KEYS];
};

#define MG_LEDGER_MAGIC "mgnotes2"

#endif
