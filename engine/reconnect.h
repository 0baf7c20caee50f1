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

// Opens and starts a driver, and asks for these connections (NULL-terminated; the
// caller's) besides those the user has asked for.  Returns 0 or -errno.
typedef int mg_reconnect_fn(void *context, char *const *connections,
                            struct mg_driver **driver);

struct mg_reconnect;

// Closes `gone`, which may be NULL, and calls `open` four times a second until it
// succeeds.  Main thread, as all below.
struct mg_reconnect *mg_reconnect_start(struct mg_driver *gone, mg_reconnect_fn *open,
                                        void *context);

// Whether it has ended: with the driver in *driver, which is the caller's, or with NULL
// there when `gone` would not let go for so long that nothing can be hoped for.
bool mg_reconnect_poll(struct mg_reconnect *reconnect, struct mg_driver **driver);

// Frees it.  What has not ended is given half a second to do so, and closed if it ends with a
// driver after all.  Returns 0, or -ETIMEDOUT: thread and memory are then left behind for
// the end of the process.  Takes NULL.
int mg_reconnect_end(struct mg_reconnect *reconnect);

#endif
