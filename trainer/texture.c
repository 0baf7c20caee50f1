// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Counting in a state matrix.
#include "trainer/texture.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static void
count_steps(struct mg_texture *x, const struct mg_roll *roll)
{
    int silence = 0, last_top = -1;
    for (int t = 0; t < roll->steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        int sounding = 0, top = -1;
        for (int n = 0; n < roll->notes; n++) {
            sounding += row[n] & MG_CELL_PLAY;
            if (!(row[n] & MG_CELL_ARTICULATE))
                continue;
            top = n;
            x->onsets++;
            x->pitch_classes[(roll->lowest_note + n) % MG_PITCH_CLASSES]++;
        }
        if (top >= 0 && last_top >= 0)
            x->intervals[CLAMP(top - last_top, -MG_LEAP, MG_LEAP) + MG_LEAP]++;
        if (top >= 0)
            last_top = top;
        silence = sounding ? 0 : silence + 1;
        x->longest_silence = MAX(x->longest_silence, silence);
        x->silent_steps += sounding == 0;
        x->sounding += sounding;
    }
    x->steps += roll->steps;
}

static void
measure_notes(struct mg_texture *x, const struct mg_roll *roll)
{
    for (int n = 0; n < roll->notes; n++)
        for (int onset = 0, end; mg_roll_next_note(roll, n, &onset, &end); onset = end)
            x->longest_note = MAX(x->longest_note, end - onset);
}

static bool
sounds(const uint8_t *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cells[i])
            return true;
    return false;
}

static void
compare_bars(struct mg_texture *x, const struct mg_roll *roll, int bar_steps)
{
    size_t cells = (size_t)bar_steps * (size_t)roll->notes;
    GHashTable *heard = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                              (GDestroyNotify)g_bytes_unref, NULL);
    for (int t = 0; t + bar_steps <= roll->steps; t += bar_steps) {
        const uint8_t *bar = mg_roll_row(roll, t);
        if (!sounds(bar, cells))
            continue;
        x->bars++;
        x->bars_as_last += t > 0 && memcmp(bar - cells, bar, cells) == 0;
        x->repeated_bars += !g_hash_table_add(heard, g_bytes_new_static(bar, cells));
    }
    g_hash_table_destroy(heard);
}

void
mg_texture_add(struct mg_texture *texture, const struct mg_roll *roll, int bar_steps)
{
    count_steps(texture, roll);
    measure_notes(texture, roll);
    compare_bars(texture, roll, bar_steps);
}

double
mg_texture_share(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : 0.0;
}

double
mg_texture_onsets_per_bar(const struct mg_texture *texture, int bar_steps)
{
    return mg_texture_share(texture->onsets * bar_steps, texture->steps);
}

double
mg_texture_divergence(const int64_t *a, const int64_t *b, int bins)
{
    double sum_a = 0, sum_b = 0, bits = 0;
    for (int i = 0; i < bins; i++) {
        sum_a += (double)a[i];
        sum_b += (double)b[i];
    }
    if (sum_a == 0 || sum_b == 0)
        return sum_a == sum_b ? 0.0 : 1.0;
    for (int i = 0; i < bins; i++) {
        double p = (double)a[i] / sum_a, q = (double)b[i] / sum_b, mean = (p + q) / 2;
        bits += p > 0 ? p * log2(p / mean) / 2 : 0.0;
        bits += q > 0 ? q * log2(q / mean) / 2 : 0.0;
    }
    return CLAMP(bits, 0.0, 1.0);
}
