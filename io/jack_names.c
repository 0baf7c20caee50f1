// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// JACK metadata: readable names and the kind of our ports, for patch bays that show
// them.
#include "io/jack_names.h"

#include <jack/metadata.h>
#include <jack/uuid.h>
#include <stdbool.h>

static bool
client_uuid(jack_client_t *client, jack_uuid_t *uuid)
{
    char *text = jack_get_uuid_for_client_name(client, jack_get_client_name(client));
    bool ok = text && jack_uuid_parse(text, uuid) == 0;
    if (text)
        jack_free(text);
    return ok;
}

static void
set_text(jack_client_t *client, jack_uuid_t subject, const char *key, const char *value)
{
    jack_set_property(client, subject, key, value, "text/plain");
}

static void
set_port(jack_client_t *client, const jack_port_t *port, const char *name,
         const char *order)
{
    jack_uuid_t uuid = jack_port_uuid(port);
    set_text(client, uuid, JACK_METADATA_PRETTY_NAME, name);
    set_text(client, uuid, JACK_METADATA_ORDER, order);
#ifdef JACK_METADATA_EVENT_TYPES
    set_text(client, uuid, JACK_METADATA_EVENT_TYPES, "MIDI");
#endif
}

void
mg_jack_names_set(jack_client_t *client, const jack_port_t *midi_in,
                  const jack_port_t *midi_out)
{
    jack_uuid_t uuid;
    if (client_uuid(client, &uuid)) {
        set_text(client, uuid, JACK_METADATA_PRETTY_NAME, "MusicGuru");
        set_text(client, uuid, JACK_METADATA_ICON_NAME, "musicguru");
    }
    set_port(client, midi_in, "Keyboard in", "1");
    set_port(client, midi_out, "Music out", "2");
}

void
mg_jack_names_clear(jack_client_t *client, const jack_port_t *midi_in,
                    const jack_port_t *midi_out)
{
    jack_uuid_t uuid;
    jack_remove_properties(client, jack_port_uuid(midi_in));
    jack_remove_properties(client, jack_port_uuid(midi_out));
    if (client_uuid(client, &uuid))
        jack_remove_properties(client, uuid);
}
