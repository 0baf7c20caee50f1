// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// JACK connections: makes those that were asked for, when their ports are there.
#include "io/jack_ports.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ALIASES_MAX = 2 }; // jack_port_get_aliases() gives two at most

void
mg_jack_ports_init(struct mg_jack_ports *ports, jack_client_t *client,
                   const char *midi_in, const char *midi_out, char *const *wanted)
{
    *ports = (struct mg_jack_ports){
        .client = client,
        .midi_in = midi_in,
        .midi_out = midi_out,
        .wanted = wanted,
        .done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    atomic_store(&ports->changed, true);
}

void
mg_jack_ports_finish(struct mg_jack_ports *ports)
{
    if (ports->done)
        g_hash_table_destroy(ports->done);
    ports->done = NULL;
}

void
mg_jack_ports_note(struct mg_jack_ports *ports, jack_port_id_t id, int registered)
{
    if (registered) {
        unsigned at = atomic_load_explicit(&ports->written, memory_order_relaxed);
        ports->fresh[at % MG_JACK_FRESH_MAX] = id;
        atomic_store_explicit(&ports->written, at + 1, memory_order_release);
    }
    atomic_store(&ports->changed, true);
}

// The names that a port answers to: its own and its aliases.
struct names {
    int count;
    char *name[1 + ALIASES_MAX];
    char *storage;
};

static void
names_init(struct names *names, const jack_port_t *port)
{
    size_t size = (size_t)jack_port_name_size();
    *names = (struct names){.storage = g_malloc0((1 + ALIASES_MAX) * size)};
    for (size_t i = 0; i < 1 + ALIASES_MAX; i++)
        names->name[i] = names->storage + i * size;
    g_strlcpy(names->name[0], jack_port_name(port), size);
    int aliases = jack_port_get_aliases(port, &names->name[1]);
    names->count = 1 + (aliases > 0 ? aliases : 0);
}

static bool
names_equal(const struct names *names, const char *wanted)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], wanted) == 0)
            return true;
    return false;
}

static bool
names_match(const struct names *names, const regex_t *expression)
{
    for (int i = 0; i < names->count; i++)
        if (regexec(expression, names->name[i], 0, NULL, 0) == 0)
            return true;
    return false;
}

// Is one of the ports called exactly so?  Then PORT is meant as a name and not as an
// expression: names of bridged ports are full of brackets and dots.
static bool
anybody_called(struct mg_jack_ports *ports, const char **all, const char *wanted)
{
    bool found = false;
    for (size_t i = 0; all[i] && !found; i++) {
        jack_port_t *port = jack_port_by_name(ports->client, all[i]);
        if (!port)
            continue;
        struct names names;
        names_init(&names, port);
        found = names_equal(&names, wanted);
        g_free(names.storage);
    }
    return found;
}

// Connects one port.  Returns false when that has to be tried again.
static bool
connect_port(struct mg_jack_ports *ports, const char *name, int flags)
{
    const char *source = flags & JackPortIsInput ? ports->midi_out : name;
    const char *target = flags & JackPortIsInput ? name : ports->midi_in;
    int rc = jack_connect(ports->client, source, target);
    if (rc != 0 && rc != EEXIST)
        return false; // the other client is not active yet, or just went
    g_hash_table_add(ports->done, g_strdup(name));
    return true;
}

// Connects all that answer to one PORT.  Returns false when that has to be tried again.
static bool
connect_wanted(struct mg_jack_ports *ports, const char **all, const char *wanted)
{
    bool is_name = anybody_called(ports, all, wanted), complete = true;
    g_autofree char *whole = g_strdup_printf("^(%s)$", wanted);
    regex_t expression;
    if (!is_name && regcomp(&expression, whole, REG_EXTENDED | REG_NOSUB) != 0)
        return true; // a name with odd characters whose port is not there yet
    for (size_t i = 0; all[i]; i++) {
        jack_port_t *port = jack_port_by_name(ports->client, all[i]);
        if (!port || g_hash_table_contains(ports->done, all[i]))
            continue;
        if (jack_port_is_mine(ports->client, port))
            continue;
        struct names names;
        names_init(&names, port);
        bool meant =
            is_name ? names_equal(&names, wanted) : names_match(&names, &expression);
        g_free(names.storage);
        if (meant && !connect_port(ports, all[i], jack_port_flags(port)))
            complete = false;
    }
    if (!is_name)
        regfree(&expression);
    return complete;
}

// A port that has come anew under an old name is to be connected again.
static void
forget_fresh(struct mg_jack_ports *ports)
{
    unsigned written = atomic_load_explicit(&ports->written, memory_order_acquire);
    // Half the ring: an id that is being overwritten right now is not among them.
    if (written - ports->read > MG_JACK_FRESH_MAX / 2) {
        g_hash_table_remove_all(ports->done);
        ports->read = written;
    }
    for (; ports->read != written; ports->read++) {
        jack_port_id_t id = ports->fresh[ports->read % MG_JACK_FRESH_MAX];
        jack_port_t *port = jack_port_by_id(ports->client, id);
        if (port)
            g_hash_table_remove(ports->done, jack_port_name(port));
    }
}

void
mg_jack_ports_service(struct mg_jack_ports *ports)
{
    if (!ports->wanted || !ports->wanted[0] || !atomic_exchange(&ports->changed, false))
        return;
    forget_fresh(ports);
    const char **all = jack_get_ports(ports->client, NULL, JACK_DEFAULT_MIDI_TYPE, 0);
    bool complete = true;
    for (char *const *wanted = ports->wanted; all && *wanted; wanted++)
        complete = connect_wanted(ports, all, *wanted) && complete;
    if (!complete)
        atomic_store(&ports->changed, true);
    if (all)
        jack_free(all);
}
