// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// JACK connections: makes those that were asked for, when their ports are there, and
// remembers what there is.
#include "io/jack_ports.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ALIASES_MAX = 2 }; // jack_port_get_aliases() gives two at most

// A server that ends may let its clients go for this long before it is gone.
static const int64_t GOING_US = 1000000;

void
mg_jack_ports_init(struct mg_jack_ports *ports, jack_client_t *client,
                   jack_port_t *midi_in, jack_port_t *midi_out, char *const *wanted)
{
    *ports = (struct mg_jack_ports){
        .client = client,
        .midi_in = midi_in,
        .midi_out = midi_out,
        .wanted = wanted,
        .done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .met = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    atomic_store(&ports->changed, true);
    atomic_store(&ports->rewired, true);
}

void
mg_jack_ports_finish(struct mg_jack_ports *ports)
{
    if (ports->done)
        g_hash_table_destroy(ports->done);
    if (ports->met)
        g_hash_table_destroy(ports->met);
    g_strfreev(ports->connected);
    g_strfreev(ports->gone);
    *ports = (struct mg_jack_ports){.done = NULL};
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

void
mg_jack_ports_note_wire(struct mg_jack_ports *ports)
{
    atomic_store(&ports->rewired, true);
}

// --- making connections --------------------------------------------------------------

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

static void
add_name(GPtrArray *names, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, g_strdup(name));
}

static void
add_names(GPtrArray *names, char *const *more)
{
    for (; more && *more; more++)
        add_name(names, *more);
}

static char **
end_names(GPtrArray *names)
{
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

// The server may go before it has told of the connection.
static void
remember_made(struct mg_jack_ports *ports, const char *name)
{
    GPtrArray *names = g_ptr_array_new();
    add_names(names, ports->connected);
    add_name(names, name);
    g_strfreev(ports->connected);
    ports->connected = end_names(names);
}

// Connects one port.  Returns false when that has to be tried again.
static bool
connect_port(struct mg_jack_ports *ports, const char *name, int flags)
{
    bool is_input = flags & JackPortIsInput;
    const char *source = is_input ? jack_port_name(ports->midi_out) : name;
    const char *target = is_input ? name : jack_port_name(ports->midi_in);
    int rc = jack_connect(ports->client, source, target);
    if (rc != 0 && rc != EEXIST)
        return false; // the other client is not active yet, or just went
    g_hash_table_add(ports->done, g_strdup(name));
    remember_made(ports, name);
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
        if (!meant)
            continue;
        if (connect_port(ports, all[i], jack_port_flags(port)))
            g_hash_table_add(ports->met, g_strdup(wanted));
        else
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

static void
connect_all(struct mg_jack_ports *ports)
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

// --- remembering them ----------------------------------------------------------------

static char **
look_at_wires(const struct mg_jack_ports *ports)
{
    GPtrArray *names = g_ptr_array_new();
    const jack_port_t *ours[] = {ports->midi_in, ports->midi_out};
    for (size_t i = 0; i < G_N_ELEMENTS(ours); i++) {
        const char **others = jack_port_get_all_connections(ports->client, ours[i]);
        add_names(names, (char *const *)others);
        if (others)
            jack_free(others);
    }
    return end_names(names);
}

static void
remember(struct mg_jack_ports *ports)
{
    if (!atomic_exchange(&ports->rewired, false))
        return;
    int64_t now_us = g_get_monotonic_time();
    char **before = ports->connected;
    ports->connected = look_at_wires(ports);
    if (ports->gone && now_us - ports->gone_us < GOING_US) {
        g_strfreev(before); // what there was before the first of these changes counts
    } else {
        g_strfreev(ports->gone);
        ports->gone = before;
    }
    ports->gone_us = now_us;
}

void
mg_jack_ports_service(struct mg_jack_ports *ports)
{
    connect_all(ports);
    remember(ports);
}

char **
mg_jack_ports_wishes(const struct mg_jack_ports *ports)
{
    GPtrArray *names = g_ptr_array_new();
    add_names(names, ports->connected);
    if (g_get_monotonic_time() - ports->gone_us < GOING_US)
        add_names(names, ports->gone);
    for (char *const *wanted = ports->wanted; wanted && *wanted; wanted++)
        if (!g_hash_table_contains(ports->met, *wanted))
            add_name(names, *wanted);
    return end_names(names);
}
