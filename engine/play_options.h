// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-play's command line.
#ifndef MG_ENGINE_PLAY_OPTIONS_H
#define MG_ENGINE_PLAY_OPTIONS_H

#include <glib.h>

#include "engine/overrides.h"

// As typed and checked; all owned.
struct mg_play_options {
    char **presets; // NULL-terminated, one at least
    char *driver;   // one of jack, alsa, synth, offline; NULL: the first that is there
    char *name;
    char **connect;
    char *soundfont;
    char *record;
    char **learn;    // names of controls, NULL-terminated, or NULL
    double duration; // seconds; 0: until stopped
    gint split;      // MIDI number; 0: none
    gboolean free_run;
    gboolean start;
    gboolean timebase;
    gboolean clock_in;
    gboolean clock_out;
    gboolean thru;
    gboolean follow;
    gboolean repeatable;
    gboolean wait;
    gboolean json;
    struct mg_overrides overrides;
};

// Returns MG_PROGRAM_GO_ON or the exit status, after one line on stderr.
int mg_play_options_parse(int *argc, char ***argv, struct mg_play_options *options);

// Frees the strings and zeroes the struct; takes a zeroed one.
void mg_play_options_finish(struct mg_play_options *options);

#endif
