// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Opening and taking over the ledger of sounding notes.
#include "engine/ledger_setup.h"

#include <string.h>

void
mg_ledger_init(struct mg_ledger *ledger)
{
    memset(ledger, 0, sizeof *ledger);
    memcpy(ledger->magic, MG_LEDGER_MAGIC, sizeof ledger->magic);
}

int
mg_ledger_inherit(struct mg_ledger *ledger)
{
    int notes = 0;
    for (int key = 0; key < MG_KEYS; key++) {
        uint16_t left = atomic_load(&ledger->left[key]) |
                        atomic_load(&ledger->ours[key]) |
                        atomic_load(&ledger->thru[key]);
        // In this order: killed in between, nothing is forgotten.
        atomic_store(&ledger->left[key], left);
        atomic_store(&ledger->ours[key], 0);
        atomic_store(&ledger->thru[key], 0);
        for (; left; left &= (uint16_t)(left - 1))
            notes++;
    }
    return notes;
}
