// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The JACK transport: reading it, making it wait until we are ready, and being its
// timebase master.
#include "io/jack_transport.h"

#include <math.h>
#include <string.h>

// Ardour, Hydrogen and JACK's own example use it; a tick is 0.26 ms at 120 BPM.
static const double TICKS_PER_BEAT = 1920.0;

// A composer that does not answer must not hold up the whole studio.
static const jack_time_t AWAITED_US = 1000000;

// --- reading -------------------------------------------------------------------------

// A place is good to a tick, which is 37 frames at 40 BPM.  One that was given as a
// fraction of a tick is better than that: smaller ticks say so.
static void
use_finer_ticks(struct mg_transport *transport)
{
    static const double FINER = 256.0, MANY = 1e6; // a power of two: nothing is rounded
    if (!(transport->ticks_per_beat * FINER <= MANY))
        return;
    transport->ticks_per_beat *= FINER;
    transport->tick *= FINER;
    transport->bar_start_tick *= FINER;
}

static struct mg_transport
from_position(jack_transport_state_t state, const jack_position_t *position)
{
    struct mg_transport transport = {
        .rolling = state == JackTransportRolling,
        .frame = position->frame,
        .has_bbt = position->valid & JackPositionBBT,
        .bar = position->bar,
        .beat = position->beat,
        .tick = position->tick,
        .bar_start_tick = position->bar_start_tick,
        .ticks_per_beat = position->ticks_per_beat,
        .beats_per_minute = position->beats_per_minute,
        .beats_per_bar = (double)position->beats_per_bar,
        .beat_type = (double)position->beat_type,
    };
    if (position->valid & JackBBTFrameOffset)
        transport.bbt_offset_frames = (int32_t)position->bbt_offset;
#ifdef JACK_TICK_DOUBLE // since jackd2 1.9.15
    if (position->valid & JackTickDouble) {
        transport.tick = position->tick_double;
        use_finer_ticks(&transport);
    }
#endif
    return transport;
}

// --- being the timebase master -------------------------------------------------------

// Bar, beat and tick of a frame, exact.  The song is 2^32 frames long, as JACK's is.
static void
place_frame(const struct mg_timebase *timebase, double frame, double rate_hz,
            struct mg_transport *place)
{
    double quarters = frame * timebase->bpm / (60.0 * rate_hz);
    double beats = quarters * timebase->beat_type / 4.0;
    double bar = floor(beats / timebase->beats_per_bar);
    double in_bar = fmax(beats - bar * timebase->beats_per_bar, 0.0);
    place->has_bbt = true;
    place->bar = (int32_t)bar + 1;
    place->beat = (int32_t)floor(in_bar) + 1;
    place->tick = (in_bar - floor(in_bar)) * TICKS_PER_BEAT;
    place->bar_start_tick = bar * timebase->beats_per_bar * TICKS_PER_BEAT;
    place->ticks_per_beat = TICKS_PER_BEAT;
    place->beats_per_minute = timebase->bpm;
    place->beats_per_bar = timebase->beats_per_bar;
    place->beat_type = timebase->beat_type;
    place->bbt_offset_frames = 0;
}

// JACK gives a tick as a whole number: the last one, and how many frames ago it was.
// The tempo is that of the beats that are counted, as in JACK's own example and in
// Ardour: in x/8 that of the eighths.
static void
on_timebase(jack_transport_state_t state, jack_nframes_t frames,
            jack_position_t *position, int is_new, void *arg)
{
    (void)state;
    (void)frames;
    (void)is_new;
    struct mg_jack_transport *transport = arg;
    const struct mg_timebase *timebase = &transport->driver->config.timebase;
    double rate_hz = position->frame_rate;
    struct mg_transport place;
    place_frame(timebase, position->frame, rate_hz, &place);
    double beats_per_minute = timebase->bpm * timebase->beat_type / 4.0;
    double tick_frames = 60.0 * rate_hz / (beats_per_minute * TICKS_PER_BEAT);
    position->valid = JackPositionBBT | JackBBTFrameOffset;
    position->bar = place.bar;
    position->beat = place.beat;
    position->tick = (int32_t)floor(place.tick);
    position->bbt_offset =
        (jack_nframes_t)floor((place.tick - floor(place.tick)) * tick_frames + 0.5);
    position->bar_start_tick = place.bar_start_tick;
    position->ticks_per_beat = place.ticks_per_beat;
    position->beats_per_minute = beats_per_minute;
    position->beats_per_bar = (float)place.beats_per_bar;
    position->beat_type = (float)place.beat_type;
    transport->was_called = true;
    atomic_store_explicit(&transport->is_timebase, true, memory_order_relaxed);
}

// In every cycle that rolls the server calls its timebase master, and nobody else: that
// is how we learn that another client has taken our place.
static void
look_for_usurper(struct mg_jack_transport *transport, bool rolling)
{
    if (rolling && transport->was_rolling && !transport->was_called)
        atomic_store_explicit(&transport->is_timebase, false, memory_order_relaxed);
    transport->was_rolling = rolling;
    transport->was_called = false;
}

// What the instrument is told of a position.  Our own bar, beat and tick are exact and
// there in every cycle: PipeWire gives those of a master a cycle late, and jackd none in
// the cycle after a locate while stopped.
static struct mg_transport
see(const struct mg_jack_transport *transport, jack_transport_state_t state,
    const jack_position_t *position)
{
    struct mg_transport seen = from_position(state, position);
    if (atomic_load_explicit(&transport->is_timebase, memory_order_relaxed) &&
        position->frame_rate > 0)
        place_frame(&transport->driver->config.timebase, position->frame,
                    position->frame_rate, &seen);
    return seen;
}

void
mg_jack_transport_read(struct mg_jack_transport *transport, struct mg_transport *now)
{
    jack_position_t position;
    memset(&position, 0, sizeof position);
    jack_transport_state_t state = jack_transport_query(transport->client, &position);
    look_for_usurper(transport, state == JackTransportRolling);
    *now = see(transport, state, &position);
}

// --- being waited for ----------------------------------------------------------------

// What servers do, as measured with jackd 1.9.21 and PipeWire 0.3.65:
// - The callback comes in the real-time thread, just before process of the same cycle,
//   in every cycle until it has said yes once: after activation, after a start, and
//   after a locate, rolling or not.
// - While it says no, the transport is Starting and stands at the target: process sees
//   it not rolling, with the target's frame.  Run has opened the new place, and the
//   composer has begun on its first step, when we are asked for the second time.
// - A locate while rolling: jackd rolls on for the cycle in which it was asked for,
//   PipeWire does not; then the transport is Starting as above.
// - The cycle after all have said yes rolls, from the target's frame.
// - Stopped, the answer changes nothing.
// - jackd stops waiting after 10 s (its manual says 2), PipeWire after 5, and both go on
//   asking while it rolls.
static int
on_sync(jack_transport_state_t state, jack_position_t *position, void *arg)
{
    struct mg_jack_transport *transport = arg;
    const struct mg_driver_config *config = &transport->driver->config;
    jack_time_t now_us = jack_get_time();
    struct mg_transport target = see(transport, state, position);
    if (atomic_load_explicit(&transport->driver->closing, memory_order_acquire))
        return 1;
    if (!transport->is_awaited || transport->awaited != position->frame) {
        transport->awaited = position->frame;
        transport->awaited_us = now_us;
    }
    transport->is_awaited = !config->ready(config->context, &target) &&
                            now_us - transport->awaited_us < AWAITED_US;
    return transport->is_awaited ? 0 : 1;
}

void
mg_jack_transport_init(struct mg_jack_transport *transport, jack_client_t *client,
                       const struct mg_driver *driver)
{
    *transport = (struct mg_jack_transport){.client = client, .driver = driver};
    if (driver->config.ready)
        jack_set_sync_callback(client, on_sync, transport);
    if (driver->config.timebase.is_wanted &&
        jack_set_timebase_callback(client, 1, on_timebase, transport) == 0)
        atomic_store(&transport->is_timebase, true);
}
