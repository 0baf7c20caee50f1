// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Opening and taking over the ledger of sounding notes.
#include "engine/ledger_setup.h"

#include <string.h>

#include "io/mapped_file.h"

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
        uint16_t left =
            atomic_load(&ledger->left[key]) | atomic_load(&ledger->ours[key]) |
            atomic_load(&ledger->thru[key]) | atomic_load(&ledger->ended[0][key]) |
            atomic_load(&ledger->ended[1][key]);
        // In this order: killed in between, nothing is forgotten.
        atomic_store(&ledger->left[key], left);
        atomic_store(&ledger->ours[key], 0);
        atomic_store(&ledger->thru[key], 0);
        atomic_store(&ledger->ended[0][key], 0);
        atomic_store(&ledger->ended[1][key], 0);
        for (; left; left &= (uint16_t)(left - 1))
            notes++;
    }
    return notes;
}

struct mg_ledger *
mg_ledger_open(const char *name, GError **error)
{
    char *path = mg_mapped_file_path(name, "notes", error);
    struct mg_ledger *ledger =
        path ? mg_mapped_file_open(path, sizeof *ledger, error) : NULL;
    if (ledger && memcmp(ledger->magic, MG_LEDGER_MAGIC, sizeof ledger->magic) != 0)
        mg_ledger_init(ledger);
    g_free(path);
    return ledger;
}

void
mg_ledger_close(struct mg_ledger *ledger)
{
    for (int key = 0; ledger && key < MG_KEYS; key++) {
        atomic_store(&ledger->ended[0][key], 0);
        atomic_store(&ledger->ended[1][key], 0);
    }
    mg_mapped_file_close(ledger, sizeof *ledger);
}
