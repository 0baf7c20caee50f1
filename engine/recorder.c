// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The recorder: pairs note-ons with note-offs, in frames until the end.
#include "engine/recorder.h"

#include <math.h>
#include <string.h>

#include "engine/msg.h"

struct note {
    int64_t onset_frame;
    int64_t end_frame;
    uint8_t key;
    uint8_t velocity;
    uint8_t channel;
};

struct mg_recorder {
    double bpm;
    struct mg_ring *played;
    GArray *notes;                          // of struct note, by end, owned
    struct note open[MG_CHANNELS][MG_KEYS]; // sounding where velocity > 0
};

struct mg_recorder *
mg_recorder_create(double bpm, struct mg_ring *played)
{
    struct mg_recorder *recorder = g_new0(struct mg_recorder, 1);
    recorder->bpm = bpm;
    recorder->played = played;
    recorder->notes = g_array_new(FALSE, FALSE, sizeof(struct note));
    return recorder;
}

void
mg_recorder_destroy(struct mg_recorder *recorder)
{
    if (!recorder)
        return;
    g_array_unref(recorder->notes);
    g_free(recorder);
}

int
mg_recorder_notes(const struct mg_recorder *recorder)
{
    return (int)recorder->notes->len;
}

// Ends the note in `open` if there is one.
static void
end_note(struct mg_recorder *recorder, struct note *open, int64_t frame)
{
    if (open->velocity == 0)
        return;
    open->end_frame = frame;
    g_array_append_val(recorder->notes, *open);
    open->velocity = 0;
}

static void
take(struct mg_recorder *recorder, const struct mg_played *played)
{
    int channel = played->data[0] & 0x0f;
    uint8_t key = played->data[1] & 0x7f;
    struct note *open = &recorder->open[channel][key];
    end_note(recorder, open, played->frame);
    if ((played->data[0] & 0xf0) != 0x90 || played->data[2] == 0)
        return;
    *open = (struct note){.onset_frame = played->frame,
                          .key = key,
                          .velocity = played->data[2],
                          .channel = (uint8_t)channel};
}

void
mg_recorder_drain(struct mg_recorder *recorder)
{
    struct mg_played played;
    while (mg_ring_pop(recorder->played, &played))
        take(recorder, &played);
}

// No more than a MIDI file can say: 13 days at 120 BPM.
static int64_t
ticks_of(const struct mg_recorder *recorder, int64_t frame, uint32_t rate_hz)
{
    double quarters = (double)frame * recorder->bpm / (60.0 * rate_hz);
    double ticks = floor(quarters * MG_RECORDER_TICKS_PER_QUARTER + 0.5);
    return (int64_t)fmin(ticks, MG_SMF_TICKS_MAX);
}

static struct mg_smf_note
to_ticks(const struct mg_recorder *recorder, const struct note *note, uint32_t rate_hz)
{
    int64_t onset = ticks_of(recorder, note->onset_frame, rate_hz);
    int64_t end = ticks_of(recorder, note->end_frame, rate_hz);
    return (struct mg_smf_note){.onset_ticks = onset,
                                .end_ticks = end > onset ? end : onset + 1,
                                .key = note->key,
                                .velocity = note->velocity,
                                .channel = note->channel,
                                .track = 0};
}

// Appends what still sounds, as if it ended here; it stays open.
static void
append_open(struct mg_recorder *recorder, uint64_t frames)
{
    for (int channel = 0; channel < MG_CHANNELS; channel++)
        for (int key = 0; key < MG_KEYS; key++) {
            struct note open = recorder->open[channel][key];
            end_note(recorder, &open, (int64_t)frames);
        }
}

static struct mg_smf_tempo *
tempo_of(const struct mg_recorder *recorder)
{
    // The slowest tempo a MIDI file can say is 3.6 BPM.
    static const double SLOWEST_US = 16777215.0;
    struct mg_smf_tempo *tempo = g_new0(struct mg_smf_tempo, 1);
    tempo->us_per_quarter =
        (uint32_t)fmin(floor(60e6 / recorder->bpm + 0.5), SLOWEST_US);
    return tempo;
}

int
mg_recorder_to_smf(struct mg_recorder *recorder, uint64_t frames, uint32_t rate_hz,
                   struct mg_smf *smf)
{
    mg_recorder_drain(recorder);
    guint complete = recorder->notes->len;
    append_open(recorder, frames);
    guint count = recorder->notes->len;
    struct mg_smf_note *notes = g_new(struct mg_smf_note, count + 1);
    int64_t end = ticks_of(recorder, (int64_t)frames, rate_hz);
    int kept = 0;
    for (guint i = 0; i < count; i++) {
        const struct note *note = &g_array_index(recorder->notes, struct note, i);
        notes[kept] = to_ticks(recorder, note, rate_hz);
        if (notes[kept].end_ticks > MG_SMF_TICKS_MAX)
            continue;
        end = MAX(end, notes[kept].end_ticks);
        kept++;
    }
    g_array_set_size(recorder->notes, complete);
    *smf = (struct mg_smf){.ticks_per_quarter = MG_RECORDER_TICKS_PER_QUARTER,
                           .end_ticks = end,
                           .notes = notes,
                           .note_count = kept,
                           .tempos = tempo_of(recorder),
                           .tempo_count = 1};
    mg_smf_sort_notes(smf);
    return (int)count - kept;
}

int
mg_recorder_save(struct mg_recorder *recorder, const char *path, uint64_t frames,
                 uint32_t rate_hz, int *left_out, GError **error)
{
    struct mg_smf smf;
    int beyond = mg_recorder_to_smf(recorder, frames, rate_hz, &smf);
    int code = mg_smf_save(path, &smf, error);
    mg_smf_finish(&smf);
    if (left_out)
        *left_out = beyond;
    return code;
}
