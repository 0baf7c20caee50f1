// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the JACK probes share: a quiet library, and connections to ports that may come
// late.
#ifndef MG_TESTS_WIRES_JACK_H
#define MG_TESTS_WIRES_JACK_H

#include <glib.h>
#include <jack/jack.h>
#include <stdbool.h>
#include <stdio.h>

static inline void
wires_say_nothing(const char *message)
{
    (void)message;
}

// What JACK says of itself does not go to the terminal.
static inline void
wires_quiet(void)
{
    jack_set_error_function(wires_say_nothing);
    jack_set_info_function(wires_say_nothing);
}

// Waits up to ten seconds for a port, which may not be there yet.
static inline bool
wires_connect(jack_client_t *client, const char *source, const char *target)
{
    for (int i = 0; i < 200; i++) {
        if (jack_connect(client, source, target) == 0)
            return true;
        g_usleep(50000);
    }
    fprintf(stderr, "cannot connect %s to %s\n", source, target);
    return false;
}

#endif
