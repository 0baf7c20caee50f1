// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Any music to one piano.
#include "trainer/flatten.h"

#include <errno.h>

enum {
    KEYS = 128,
    DEFAULT_US_PER_QUARTER = 500000, // 120 BPM, where a file gives no tempo
    SIXTEENTHS = 4,                  // in a quarter
};

// A stretch at one tempo.
struct stretch {
    int64_t from_ticks;
    int64_t from_time; // real time there, in us * ticks_per_quarter: exact
    uint32_t us_per_quarter;
};

// The stretches of a piece; the first starts at tick 0.  At most 2^30 ticks of 2^24 us:
// the times fit 54 bits.
static GArray *
stretches_of(const struct mg_smf *smf)
{
    GArray *stretches = g_array_new(FALSE, FALSE, sizeof(struct stretch));
    struct stretch last = {0, 0, DEFAULT_US_PER_QUARTER};
    for (int i = 0; i < smf->tempo_count; i++) {
        const struct mg_smf_tempo *tempo = &smf->tempos[i];
        if (tempo->at_ticks > last.from_ticks)
            g_array_append_val(stretches, last);
        last.from_time += (tempo->at_ticks - last.from_ticks) * last.us_per_quarter;
        last.from_ticks = tempo->at_ticks;
        last.us_per_quarter = tempo->us_per_quarter;
    }
    g_array_append_val(stretches, last);
    return stretches;
}

static int64_t
time_of(const GArray *stretches, int64_t ticks)
{
    guint low = 0, high = stretches->len; // the stretch is in low .. high - 1
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(stretches, struct stretch, middle).from_ticks <= ticks)
            low = middle;
        else
            high = middle;
    }
    const struct stretch *stretch = &g_array_index(stretches, struct stretch, low);
    return stretch->from_time + (ticks - stretch->from_ticks) * stretch->us_per_quarter;
}

// Real time spent at one tempo.
struct share {
    uint32_t us_per_quarter;
    int64_t time;
};

static gint
compare_shares(gconstpointer a, gconstpointer b)
{
    const struct share *x = a, *y = b;
    return x->us_per_quarter < y->us_per_quarter
               ? -1
               : x->us_per_quarter > y->us_per_quarter;
}

// The time spent at each tempo before end_ticks, a stretch an element.
static GArray *
shares_of(const GArray *stretches, int64_t end_ticks)
{
    GArray *shares = g_array_new(FALSE, FALSE, sizeof(struct share));
    for (guint i = 0; i < stretches->len; i++) {
        const struct stretch *stretch = &g_array_index(stretches, struct stretch, i);
        int64_t to = i + 1 < stretches->len ? stretch[1].from_ticks : end_ticks;
        int64_t ticks = MIN(to, end_ticks) - stretch->from_ticks;
        struct share share = {stretch->us_per_quarter,
                              MAX(ticks, 0) * stretch->us_per_quarter};
        if (share.time || i == 0)
            g_array_append_val(shares, share);
    }
    g_array_sort(shares, compare_shares);
    return shares;
}

// Where the music ends; silence after it has no say in its tempo.
static int64_t
music_end(const struct mg_smf *smf)
{
    int64_t end_ticks = 0;
    for (int i = 0; i < smf->note_count; i++)
        end_ticks = MAX(end_ticks, smf->notes[i].end_ticks);
    return end_ticks ? end_ticks : smf->end_ticks;
}

static void
choose_tempo(const struct mg_smf *smf, const GArray *stretches,
             struct mg_flattened *flattened)
{
    GArray *shares = shares_of(stretches, music_end(smf));
    int64_t sum = 0, most = -1;
    for (guint i = 0; i < shares->len; i++) {
        const struct share *share = &g_array_index(shares, struct share, i);
        bool is_new = i == 0 || share[-1].us_per_quarter != share->us_per_quarter;
        flattened->tempos += is_new;
        sum = is_new ? share->time : sum + share->time;
        if (sum > most) {
            most = sum;
            flattened->us_per_quarter = share->us_per_quarter;
        }
    }
    g_array_unref(shares);
}

static int64_t
convert(const GArray *stretches, uint32_t us_per_quarter, int64_t ticks)
{
    return (time_of(stretches, ticks) + us_per_quarter / 2) / us_per_quarter;
}

// Half a tick off counts as on: a quarter need not be a multiple of four ticks.
static bool
is_off_grid(int64_t ticks, int ticks_per_quarter)
{
    int64_t rest = ticks * SIXTEENTHS % ticks_per_quarter;
    return 2 * MIN(rest, ticks_per_quarter - rest) > SIXTEENTHS;
}

// Adds the notes as one piano plays them.  `out` has room for all of them.
static void
merge_notes(const struct mg_smf *in, bool keep_drums, const GArray *stretches,
            struct mg_smf *out, struct mg_flattened *flattened)
{
    int last[KEYS]; // the note each key was last struck for, or -1
    for (int key = 0; key < KEYS; key++)
        last[key] = -1;
    for (int i = 0; i < in->note_count; i++) {
        struct mg_smf_note note = in->notes[i];
        if (note.channel == MG_SMF_DRUM_CHANNEL && !keep_drums) {
            flattened->drum_notes++;
            continue;
        }
        bool off_grid = is_off_grid(note.onset_ticks, in->ticks_per_quarter);
        note.onset_ticks =
            convert(stretches, flattened->us_per_quarter, note.onset_ticks);
        note.end_ticks =
            MAX(convert(stretches, flattened->us_per_quarter, note.end_ticks),
                note.onset_ticks + 1);
        note.channel = 0;
        note.track = 0;
        struct mg_smf_note *before =
            last[note.key] < 0 ? NULL : &out->notes[last[note.key]];
        if (before && before->onset_ticks == note.onset_ticks) {
            before->end_ticks = MAX(before->end_ticks, note.end_ticks);
            before->velocity = MAX(before->velocity, note.velocity);
            flattened->doubled_notes++;
            continue;
        }
        if (before && before->end_ticks > note.onset_ticks) {
            before->end_ticks = note.onset_ticks;
            flattened->cut_notes++;
        }
        flattened->off_grid_onsets += off_grid;
        last[note.key] = out->note_count;
        out->notes[out->note_count++] = note;
    }
    flattened->notes = out->note_count;
}

static void
convert_metres(const struct mg_smf *in, const GArray *stretches,
               uint32_t us_per_quarter, struct mg_smf *out)
{
    out->metres = g_new0(struct mg_smf_metre, MAX(in->metre_count, 1));
    for (int i = 0; i < in->metre_count; i++) {
        struct mg_smf_metre metre = in->metres[i];
        metre.at_ticks = convert(stretches, us_per_quarter, metre.at_ticks);
        if (out->metre_count &&
            out->metres[out->metre_count - 1].at_ticks == metre.at_ticks)
            out->metre_count--; // rounded to one tick: the later one counts
        out->metres[out->metre_count++] = metre;
    }
}

int
mg_flatten(const struct mg_smf *in, bool keep_drums, struct mg_smf *out,
           struct mg_flattened *flattened, GError **error)
{
    *flattened = (struct mg_flattened){0};
    *out = (struct mg_smf){.ticks_per_quarter = in->ticks_per_quarter,
                           .report = in->report};
    GArray *stretches = stretches_of(in);
    choose_tempo(in, stretches, flattened);
    uint32_t us_per_quarter = flattened->us_per_quarter;
    // All lies before the end; one tick is for a note that was rounded to nothing.
    int64_t end_ticks = convert(stretches, us_per_quarter, in->end_ticks) + 1;
    int64_t last_ticks = in->metre_count ? in->metres[in->metre_count - 1].at_ticks : 0;
    last_ticks = convert(stretches, us_per_quarter, last_ticks);
    if (MAX(end_ticks, last_ticks) > MG_SMF_TICKS_MAX) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                            "is too long at its main tempo");
        g_array_unref(stretches);
        *out = (struct mg_smf){0};
        return -ERANGE;
    }
    out->notes = g_new(struct mg_smf_note, MAX(in->note_count, 1));
    merge_notes(in, keep_drums, stretches, out, flattened);
    // Rounding may bring notes of two ticks to one.
    mg_smf_sort_notes(out);
    convert_metres(in, stretches, us_per_quarter, out);
    out->tempos = g_new(struct mg_smf_tempo, 1);
    out->tempos[0] = (struct mg_smf_tempo){0, us_per_quarter};
    out->tempo_count = 1;
    out->end_ticks = end_ticks - 1;
    for (int i = 0; i < out->note_count; i++)
        out->end_ticks = MAX(out->end_ticks, out->notes[i].end_ticks);
    g_array_unref(stretches);
    return 0;
}
