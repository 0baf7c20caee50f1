// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The embedded synth itself: libfluidsynth with a soundfont, MIDI events in, stereo
// out.
#ifdef MG_HAVE_FLUIDSYNTH
#include "io/synth_player.h"

#include <errno.h>
#include <math.h>

#include "io/driver_table.h"

enum { CHANNELS = 16, DRUM_CHANNEL = 9 };

// Of the soundfonts that distributions install, the first that is there.
static const char *const SOUNDFONTS[] = {
    "/usr/share/sounds/sf2/default-GM.sf2",    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",      "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/soundfonts/default.sf2",       "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM2-2.sf2",
};

// Ten piano keys struck at once at full velocity peak at 0.6 with this gain (TimGM6mb);
// of the other programs the loud ones go further, and bend() keeps them under 1.
static const double GAIN = 1.0;

static const char *
find_soundfont(const struct mg_driver_config *config)
{
    if (config->soundfont)
        return config->soundfont;
    for (size_t i = 0; i < G_N_ELEMENTS(SOUNDFONTS); i++)
        if (g_file_test(SOUNDFONTS[i], G_FILE_TEST_IS_REGULAR))
            return SOUNDFONTS[i];
    return NULL;
}

static int
fail(GError **error, int rc, GFileError code, const char *what, const char *detail)
{
    g_set_error(error, G_FILE_ERROR, (gint)code, "synth: %s%s", what, detail);
    return rc;
}

// The library's chatter is not for the user's terminal.
static void
be_quiet(int level, const char *message, void *data)
{
    (void)level;
    (void)message;
    (void)data;
}

int
mg_synth_player_init(struct mg_synth_player *player,
                     const struct mg_driver_config *config, GError **error)
{
    *player = (struct mg_synth_player){0};
    for (int level = FLUID_PANIC; level < LAST_LOG_LEVEL; level++)
        fluid_set_log_function(level, be_quiet, NULL);
    const char *soundfont = find_soundfont(config);
    if (!soundfont)
        return fail(error, -ENOENT, G_FILE_ERROR_NOENT,
                    "no soundfont found; install timgm6mb-soundfont or name a file",
                    "");
    player->settings = new_fluid_settings();
    if (!player->settings)
        return fail(error, -ENOMEM, G_FILE_ERROR_NOMEM, "no memory", "");
    fluid_settings_setnum(player->settings, "synth.sample-rate",
                          mg_driver_rate_hz(config));
    fluid_settings_setnum(player->settings, "synth.gain", GAIN);
    // One thread calls the synth: no lock is needed in it.
    fluid_settings_setint(player->settings, "synth.threadsafe-api", 0);
    player->synth = new_fluid_synth(player->settings);
    if (!player->synth) {
        mg_synth_player_finish(player);
        return fail(error, -EIO, G_FILE_ERROR_FAILED, "libfluidsynth makes no synth",
                    "");
    }
    if (fluid_synth_sfload(player->synth, soundfont, 1) < 0) {
        mg_synth_player_finish(player);
        return fail(error, -ENOENT, G_FILE_ERROR_NOENT,
                    "this soundfont cannot be read: ", soundfont);
    }
    for (int channel = 0; channel < CHANNELS; channel++)
        if (channel != DRUM_CHANNEL)
            fluid_synth_program_change(player->synth, channel, config->program);
    return 0;
}

void
mg_synth_player_finish(struct mg_synth_player *player)
{
    if (player->synth)
        delete_fluid_synth(player->synth);
    if (player->settings)
        delete_fluid_settings(player->settings);
    *player = (struct mg_synth_player){0};
}

void
mg_synth_player_events(struct mg_synth_player *player, const struct mg_cycle *cycle)
{
    for (int i = 0; i < cycle->out_count; i++) {
        const struct mg_midi_event *event = &cycle->out[i];
        int channel = event->data[0] & 0x0f;
        switch (event->data[0] & 0xf0) {
        case 0x80:
            fluid_synth_noteoff(player->synth, channel, event->data[1]);
            break;
        case 0x90: // velocity 0 is a note-off to the library, too
            fluid_synth_noteon(player->synth, channel, event->data[1], event->data[2]);
            break;
        case 0xb0:
            fluid_synth_cc(player->synth, channel, event->data[1], event->data[2]);
            break;
        case 0xc0:
            fluid_synth_program_change(player->synth, channel, event->data[1]);
            break;
        default:
            break;
        }
    }
}

// Leaves samples up to KNEE alone and bends what is above towards 1, which it never
// reaches; value and slope are continuous at the knee.
static float
bend(float sample)
{
    static const float KNEE = 0.8f;
    float size = fabsf(sample);
    if (size <= KNEE)
        return sample;
    float over = (size - KNEE) / (1.0f - KNEE);
    return copysignf(KNEE + (1.0f - KNEE) * over / (1.0f + over), sample);
}

void
mg_synth_player_sound(struct mg_synth_player *player, int frames, float *left,
                      float *right)
{
    // No buffers of their own for the effects: reverb and chorus go into the same two.
    float *dry[2] = {left, right};
    float *effects[4] = {left, right, left, right};
    fluid_synth_process(player->synth, frames, 4, effects, 2, dry);
    for (int i = 0; i < frames; i++) {
        left[i] = bend(left[i]);
        right[i] = bend(right[i]);
    }
}
#else
typedef int mg_synth_player_left_out; // a translation unit must declare something
#endif
