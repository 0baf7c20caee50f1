// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Opening the ledger of sounding notes, and taking over what an earlier life left in it.
#ifndef MG_ENGINE_LEDGER_SETUP_H
#define MG_ENGINE_LEDGER_SETUP_H

#include <glib.h>

#include "engine/ledger.h"

// Zeroes it.
void mg_ledger_init(struct mg_ledger *ledger);

// What sounds becomes what was left sounding.  Returns the number of notes left.  While
// no cycle runs; main thread.
int mg_ledger_inherit(struct mg_ledger *ledger);

// Maps the ledger of the instrument of this name: $XDG_RUNTIME_DIR/musicguru/NAME.notes,
// with what an earlier life left in it.  Returns NULL with one line in *error: another
// instrument of this name plays, or the file cannot be used; the music can go on with a
// ledger in memory.  Main thread.
struct mg_ledger *mg_ledger_open(const char *name, GError **error);

// After the driver is closed, and has sent what it had.  Takes NULL.
void mg_ledger_close(struct mg_ledger *ledger);

#endif
