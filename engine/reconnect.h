// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Coming back: a driver whose server is gone is closed, and opened again as soon as there
// is a server.
//
// That happens on a thread of its own, for such calls take what time they like, and the
// main thread is to go on hearing signals.
#ifndef MG_ENGINE_RECONNECT_H
#define MG_ENGINE_RECONNECT_H

#include <stdbool.h>

#include "io/driver.h"

// Opens and starts a driver with these connections (NULL-terminated; the caller's) in place
// of those the user has asked for.  NULL: there was no driver before.  Returns 0 or -errno.
typedef int mg_reconnect_fn(void *context, char *const *connections,
                            struct mg_driver **driver);

struct mg_reconnect;

// Closes `gone`, which may be NULL, and calls `open` four times a second until it
// succeeds.  Main thread, as all below.
struct mg_reconnect *mg_reconnect_start(struct mg_driver *gone, mg_reconnect_fn *open,
                                        void *context);

// Whether it has ended: with a driver, or without one when `gone` would not let go for so
// long that nothing can be hoped for.
bool mg_reconnect_has_ended(struct mg_reconnect *reconnect);

// Frees it.  What has not ended is given half a second to do so.  *driver: the driver, the
// caller's now, or NULL.  Returns 0, or -ETIMEDOUT: thread and memory are then left behind
// for the end of the process.
int mg_reconnect_end(struct mg_reconnect *reconnect, struct mg_driver **driver);

#endif
