// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Sequencer connections: makes those that were asked for, when their ports are there.
#include "io/alsa_ports.h"

#include <errno.h>
#include <string.h>

// What others may do with a port so that it can be connected.
enum {
    CAN_WRITE = SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE,
    CAN_READ = SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ,
};

// A port that is there.
struct port {
    snd_seq_addr_t address;
    unsigned capabilities;
    char *name; // "CLIENT NAME:PORT NAME", owned
};

static bool
can(const struct port *port, unsigned what)
{
    return (port->capabilities & what) == what;
}

static bool
equal(const snd_seq_addr_t *a, const snd_seq_addr_t *b)
{
    return a->client == b->client && a->port == b->port;
}

static void *
key_of(const snd_seq_addr_t *address)
{
    return GUINT_TO_POINTER((unsigned)address->client << 8 | address->port);
}

// --- what is there -------------------------------------------------------------------

static void
clear_port(void *item)
{
    struct port *port = item;
    g_free(port->name);
}

static void
add_ports_of(GArray *all, snd_seq_t *seq, snd_seq_client_info_t *client)
{
    snd_seq_port_info_t *info;
    snd_seq_port_info_alloca(&info);
    snd_seq_port_info_set_client(info, snd_seq_client_info_get_client(client));
    snd_seq_port_info_set_port(info, -1);
    while (snd_seq_query_next_port(seq, info) >= 0) {
        struct port port = {
            .address = *snd_seq_port_info_get_addr(info),
            .capabilities = snd_seq_port_info_get_capability(info),
            .name = g_strdup_printf("%s:%s", snd_seq_client_info_get_name(client),
                                    snd_seq_port_info_get_name(info)),
        };
        g_array_append_val(all, port);
    }
}

// All ports but our own and the system's: an array of struct port.
static GArray *
list_ports(const struct mg_alsa_ports *ports)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct port));
    g_array_set_clear_func(all, clear_port);
    snd_seq_client_info_t *client;
    snd_seq_client_info_alloca(&client);
    snd_seq_client_info_set_client(client, SND_SEQ_CLIENT_SYSTEM);
    while (snd_seq_query_next_client(ports->seq, client) >= 0) {
        int number = snd_seq_client_info_get_client(client);
        if (number != ports->midi_in.client && number != snd_seq_client_id(ports->seq))
            add_ports_of(all, ports->seq, client);
    }
    return all;
}

// --- connecting ----------------------------------------------------------------------

// Is one of them called exactly so?  Then PORT is meant as a name: those of bridged ports
// are full of colons and dots.
static bool
anybody_called(const GArray *all, const char *wanted)
{
    for (unsigned i = 0; i < all->len; i++)
        if (strcmp(g_array_index(all, struct port, i).name, wanted) == 0)
            return true;
    return false;
}

// snd_seq_parse_address() takes any text behind the colon for number 0.
static bool
parse_address(snd_seq_t *seq, const char *wanted, snd_seq_addr_t *address)
{
    const char *number = strpbrk(wanted, ":.");
    if (number && number[1 + strspn(number + 1, "0123456789")] != '\0')
        return false;
    return snd_seq_parse_address(seq, address, wanted) == 0;
}

// Returns whether they are connected now.
static bool
subscribe(const struct mg_alsa_ports *ports, const snd_seq_addr_t *sender,
          const snd_seq_addr_t *destination)
{
    snd_seq_port_subscribe_t *subscription;
    snd_seq_port_subscribe_alloca(&subscription);
    snd_seq_port_subscribe_set_sender(subscription, sender);
    snd_seq_port_subscribe_set_dest(subscription, destination);
    int rc = snd_seq_subscribe_port(ports->seq, subscription);
    return rc == 0 || rc == -EBUSY; // it is there already
}

// What comes in at the kernel's "Midi Through" goes out there again: from midi_out to
// midi_in the music would hear itself as the hand.
static bool
passes_on(const struct port *port)
{
    return g_str_has_prefix(port->name, "Midi Through:");
}

static bool
connect_port(const struct mg_alsa_ports *ports, const struct port *port)
{
    bool done = true;
    if (can(port, CAN_WRITE))
        done = subscribe(ports, &ports->midi_out, &port->address);
    if (can(port, CAN_READ) && !passes_on(port))
        done = subscribe(ports, &port->address, &ports->midi_in) && done;
    return done;
}

// Connects all that answer to one PORT.  What fails (the port is taken, or just went) is
// tried again at the next announcement.
static void
connect_wanted(struct mg_alsa_ports *ports, const GArray *all, const char *wanted)
{
    bool is_name = anybody_called(all, wanted);
    snd_seq_addr_t address;
    if (!is_name && !parse_address(ports->seq, wanted, &address))
        return; // nobody of that name is there yet
    for (unsigned i = 0; i < all->len; i++) {
        const struct port *port = &g_array_index(all, struct port, i);
        bool meant =
            is_name ? strcmp(port->name, wanted) == 0 : equal(&port->address, &address);
        if (meant && !g_hash_table_contains(ports->done, key_of(&port->address)) &&
            connect_port(ports, port))
            g_hash_table_add(ports->done, key_of(&port->address));
    }
}

// Hears what was announced since the last time.  Returns whether that was anything.
static bool
hear(struct mg_alsa_ports *ports)
{
    snd_seq_event_t *event;
    bool heard = false;
    int rc;
    while ((rc = snd_seq_event_input(ports->seq, &event)) >= 0 || rc == -ENOSPC) {
        heard = true;
        if (rc == -ENOSPC) // announcements were lost
            g_hash_table_remove_all(ports->done);
        else if (event->type == SND_SEQ_EVENT_PORT_START) // anew, perhaps
            g_hash_table_remove(ports->done, key_of(&event->data.addr));
    }
    return heard;
}

void
mg_alsa_ports_service(struct mg_alsa_ports *ports)
{
    bool changed = hear(ports) || ports->is_new;
    ports->is_new = false;
    if (!changed || !ports->wanted)
        return;
    g_autoptr(GArray) all = list_ports(ports);
    for (char *const *wanted = ports->wanted; *wanted; wanted++)
        connect_wanted(ports, all, *wanted);
}

// --- what is connected ---------------------------------------------------------------

// Adds the names of those that subscribe to one of our ports.
static void
add_subscribers(const struct mg_alsa_ports *ports, const GArray *all,
                const snd_seq_addr_t *own, snd_seq_query_subs_type_t type,
                GPtrArray *names)
{
    snd_seq_query_subscribe_t *query;
    snd_seq_query_subscribe_alloca(&query);
    snd_seq_query_subscribe_set_root(query, own);
    snd_seq_query_subscribe_set_type(query, type);
    for (int i = 0;; i++) {
        snd_seq_query_subscribe_set_index(query, i);
        if (snd_seq_query_port_subscribers(ports->seq, query) < 0)
            return;
        const snd_seq_addr_t *other = snd_seq_query_subscribe_get_addr(query);
        for (unsigned k = 0; k < all->len; k++) {
            const struct port *port = &g_array_index(all, struct port, k);
            if (equal(&port->address, other) &&
                !g_ptr_array_find_with_equal_func(names, port->name, g_str_equal, NULL))
                g_ptr_array_add(names, g_strdup(port->name));
        }
    }
}

char **
mg_alsa_ports_connections(const struct mg_alsa_ports *ports)
{
    g_autoptr(GArray) all = list_ports(ports);
    GPtrArray *names = g_ptr_array_new();
    add_subscribers(ports, all, &ports->midi_out, SND_SEQ_QUERY_SUBS_READ, names);
    add_subscribers(ports, all, &ports->midi_in, SND_SEQ_QUERY_SUBS_WRITE, names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

bool
mg_alsa_ports_is_connected(const struct mg_alsa_ports *ports)
{
    snd_seq_port_info_t *info;
    snd_seq_port_info_alloca(&info);
    return snd_seq_get_any_port_info(ports->seq, ports->midi_out.client,
                                     ports->midi_out.port, info) == 0 &&
           snd_seq_port_info_get_read_use(info) > 0;
}

// --- the client ----------------------------------------------------------------------

int
mg_alsa_ports_init(struct mg_alsa_ports *ports, const char *name,
                   snd_seq_addr_t midi_in, snd_seq_addr_t midi_out, char *const *wanted)
{
    *ports = (struct mg_alsa_ports){
        .midi_in = midi_in,
        .midi_out = midi_out,
        .wanted = wanted,
        .done = g_hash_table_new(g_direct_hash, g_direct_equal),
        .is_new = true,
    };
    int rc = snd_seq_open(&ports->seq, "default", SND_SEQ_OPEN_INPUT, SND_SEQ_NONBLOCK);
    if (rc < 0)
        return rc;
    g_autofree char *own_name = g_strdup_printf("%s connections", name);
    snd_seq_set_client_name(ports->seq, own_name);
    // Not for others: programs that list ports leave it out.
    int port =
        snd_seq_create_simple_port(ports->seq, "announcements",
                                   SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_NO_EXPORT,
                                   SND_SEQ_PORT_TYPE_APPLICATION);
    if (port < 0)
        return port;
    return snd_seq_connect_from(ports->seq, port, SND_SEQ_CLIENT_SYSTEM,
                                SND_SEQ_PORT_SYSTEM_ANNOUNCE);
}

void
mg_alsa_ports_finish(struct mg_alsa_ports *ports)
{
    if (ports->seq)
        snd_seq_close(ports->seq);
    if (ports->done)
        g_hash_table_destroy(ports->done);
    *ports = (struct mg_alsa_ports){0};
}
