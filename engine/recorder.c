// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The recorder: pairs note-ons with note-offs, in frames until the end.
#include "engine/recorder.h"

#include <math.h>
#include <string.h>

#include "engine/msg.h"
#include "io/smf.h"

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

static int64_t
ticks_of(const struct mg_recorder *recorder, int64_t frame, uint32_t rate_hz)
{
    double quarters = (double)frame * recorder->bpm / (60.0 * rate_hz);
    return (int64_t)floor(quarters * MG_RECORDER_TICKS_PER_QUARTER + 0.5);
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

static int
compare(const void *a, const void *b)
{
    const struct mg_smf_note *x = a;
    const struct mg_smf_note *y = b;
    if (x->onset_ticks != y->onset_ticks)
        return x->onset_ticks < y->onset_ticks ? -1 : 1;
    if (x->key != y->key)
        return x->key - y->key;
    if (x->channel != y->channel)
        return x->channel - y->channel;
    return x->end_ticks < y->end_ticks ? -1 : x->end_ticks > y->end_ticks;
}

static void
end_all(struct mg_recorder *recorder, uint64_t frames)
{
    for (int channel = 0; channel < MG_CHANNELS; channel++)
        for (int key = 0; key < MG_KEYS; key++)
            end_note(recorder, &recorder->open[channel][key], (int64_t)frames);
}

int
mg_recorder_save(struct mg_recorder *recorder, const char *path, uint64_t frames,
                 uint32_t rate_hz, GError **error)
{
    mg_recorder_drain(recorder);
    end_all(recorder, frames);
    guint count = recorder->notes->len;
    struct mg_smf_note *notes = g_new(struct mg_smf_note, count + 1);
    int64_t end = ticks_of(recorder, (int64_t)frames, rate_hz);
    for (guint i = 0; i < count; i++) {
        const struct note *note = &g_array_index(recorder->notes, struct note, i);
        notes[i] = to_ticks(recorder, note, rate_hz);
        end = notes[i].end_ticks > end ? notes[i].end_ticks : end;
    }
    qsort(notes, count, sizeof *notes, compare);
    struct mg_smf_tempo tempo = {
        .at_ticks = 0, .us_per_quarter = (uint32_t)floor(60e6 / recorder->bpm + 0.5)};
    struct mg_smf smf = {.ticks_per_quarter = MG_RECORDER_TICKS_PER_QUARTER,
                         .end_ticks = end,
                         .notes = notes,
                         .note_count = (int)count,
                         .tempos = &tempo,
                         .tempo_count = 1};
    // The slowest tempo a MIDI file can say is 3.6 BPM.
    tempo.us_per_quarter = MIN(tempo.us_per_quarter, 16777215);
    int code = mg_smf_save(path, &smf, error);
    g_free(notes);
    return code;
}
