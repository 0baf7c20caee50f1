// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The weights of one LSTM layer, packed for the step.
//
// A panel is what the cells of MG_PANEL_UNITS units need: their weights of the gates i,
// f, g and o side by side, 64 columns, for one input after the other.  The sums of a
// panel are thus all the inputs of 16 cells, which can be computed while the sums are
// at hand, and the product reads its weights in one stream:
//
//     line k:   i of 16 units | f of 16 units | g of 16 units | o of 16 units
//
// The last panel may have fewer units; its gates stand just as close, and its lines are
// padded to whole vectors of 16 columns.  A line of bf16 weights holds those of two
// inputs, as a pair in each column: the machine's dot product of pairs wants them so.
// A kernel that has not the registers for 64 columns takes a panel in stripes of fewer,
// and finds it packed as one stripe after the other.  Other matrices (of the trainer) are
// packed in the same way, 64 of their columns a panel.
#ifndef MG_MODEL_PANELS_H
#define MG_MODEL_PANELS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MG_GATES = 4,
    MG_PANEL_UNITS = 16,
    MG_PANEL_COLUMNS = MG_GATES * MG_PANEL_UNITS
};

// How weights are held; AUTO: as the model file holds them.
enum mg_precision { MG_PRECISION_AUTO, MG_PRECISION_FP32, MG_PRECISION_BF16 };

// What a word of a panel is.
enum mg_panel_words {
    MG_PANEL_FP32,    // a weight
    MG_PANEL_ROUNDED, // a weight that bf16 can hold, in fp32
    MG_PANEL_PAIRS    // the bf16 weights of two inputs
};

struct mg_panels {
    int units;  // H
    int inputs; // K
    int lines;  // K, or half of it for pairs, rounded up
    int stripe; // columns that stand together
    int count;  // of panels
    int width;  // columns of all panels together: the length of a row of sums
    enum mg_panel_words words;
    float *weights; // (count, stripes, lines, columns of a stripe) words of 4 bytes,
                    // 64-byte aligned, owned
};

// A matrix of which columns first .. first + inputs - 1 are to be packed: (4H, stride),
// gates in the order i, f, g, o.
struct mg_gate_weights {
    const float *values;
    int stride;
    int inputs;
};

// Packs two matrices of the same 4H rows one after the other (inputs 0: there is none),
// so that K = a->inputs + b->inputs.  Weights of bf16 are rounded to nearest even.  stripe:
// the kernel's.  Returns 0 or -ENOMEM.
int mg_panels_init(struct mg_panels *panels, int units, enum mg_panel_words words,
                   int stripe, const struct mg_gate_weights *a,
                   const struct mg_gate_weights *b);

// Packs other values of the same size.  scratch: (2, width).
void mg_panels_pack(struct mg_panels *panels, const struct mg_gate_weights *a,
                    const struct mg_gate_weights *b, float *scratch);

// Takes a zeroed struct.
void mg_panels_finish(struct mg_panels *panels);

// Of panel p: its first weight, its units (1 to 16) and its columns (16 to 64).
const float *mg_panels_at(const struct mg_panels *panels, int p);
int mg_panels_units(const struct mg_panels *panels, int p);
int mg_panels_columns(const struct mg_panels *panels, int p);

// Packs any matrix as panels are: line number `line` of `lines`, of `columns` (a multiple
// of 16) values; `next` is what makes it a line of bf16 pairs, or NULL.
void mg_panels_put_line(float *words, int lines, int columns, int stripe, int line,
                        const float *values, const float *next);

// Brings one value for each gate into the order of the columns.  gates: (4H) values
// `stride` apart, in the order i, f, g, o; row: (width), zeros where a column is unused.
void mg_panels_arrange(const struct mg_panels *panels, const float *gates, int stride,
                       float *row);

#endif
