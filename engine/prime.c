// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A prime: from a MIDI file to rows.
#include "engine/prime.h"

#include <errno.h>

#include "engine/clock.h"
#include "io/smf.h"

static bool
belongs(const struct mg_smf_note *note, const struct mg_shape *shape)
{
    return note->channel != MG_SMF_DRUM_CHANNEL && note->key >= shape->lowest_note &&
           note->key < shape->lowest_note + shape->notes;
}

// Steps up to the end of the last note; each note gets one at least.
static int64_t
count_steps(const struct mg_smf *smf, const struct mg_shape *shape)
{
    int64_t steps = 0;
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        if (!belongs(note, shape))
            continue;
        int64_t onset = mg_roll_step_of(note->onset_ticks, smf->ticks_per_quarter,
                                        shape->steps_per_quarter);
        int64_t end = mg_roll_step_of(note->end_ticks, smf->ticks_per_quarter,
                                      shape->steps_per_quarter);
        steps = MAX(steps, MAX(end, onset + 1));
    }
    return steps;
}

static int
fill_roll(const char *path, const struct mg_smf *smf, const struct mg_shape *shape,
          struct mg_roll *roll, GError **error)
{
    int64_t steps = count_steps(smf, shape);
    if (steps == 0 || steps > MG_PRIME_STEPS_MAX) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", path,
                    steps ? "is too long for a prime"
                          : "has no note that the model knows");
        return -EINVAL;
    }
    if (mg_roll_init(roll, shape->lowest_note, shape->notes, (int)steps) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "%s: not enough memory",
                    path);
        return -ENOMEM;
    }
    for (int i = 0; i < smf->note_count; i++)
        if (belongs(&smf->notes[i], shape))
            mg_roll_add(roll, smf->notes[i].key, smf->notes[i].onset_ticks,
                        smf->notes[i].end_ticks, smf->ticks_per_quarter,
                        shape->steps_per_quarter);
    return 0;
}

int
mg_prime_load(const char *path, const struct mg_shape *shape, struct mg_roll *roll,
              double *bpm, GError **error)
{
    struct mg_smf smf;
    int code = mg_smf_load(path, &smf, error);
    if (code != 0)
        return code;
    code = fill_roll(path, &smf, shape, roll, error);
    if (code == 0 && smf.tempo_count > 0)
        *bpm = CLAMP(60e6 / smf.tempos[0].us_per_quarter, MG_CLOCK_BPM_MIN,
                     MG_CLOCK_BPM_MAX);
    mg_smf_finish(&smf);
    return code;
}
