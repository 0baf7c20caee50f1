// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The same small training twice, on the CPU and on what plays the GPU, so that they can be
// compared: random shapes, random pieces, random segments.
#ifndef MG_TESTS_TWINS_H
#define MG_TESTS_TWINS_H

#include "trainer/backend.h"

// Who plays the GPU.
enum mg_player {
    MG_PLAYER_STAND_IN, // tests/cuda_stand_in: the plug-in's own source on the CPU
    MG_PLAYER_GPU,      // the plug-in as it is installed
};

// Whom mg_backend_create() is to take for "cuda" from now on.  False where there is none,
// with a line that says why.
bool mg_twins_call(enum mg_player player);

struct mg_twin {
    struct mg_model *model;
    struct mg_optimizer optimizer;
    struct mg_backend *backend;
    float *gradient;  // (parameters), as last told
    int *told;        // (parameters): how often
    float told_scale; // times which the gradient is changed when it is told of
};

struct mg_twins {
    uint64_t seed;
    struct mg_corpus corpus;
    struct mg_shape shape;
    int batch;
    int steps;
    struct mg_segment *segments; // (batch)
    struct mg_twin cpu;          // in fp32
    struct mg_twin gpu;
};

// Everything is drawn from the seed.  precision: of the GPU.
void mg_twins_init(struct mg_twins *twins, uint64_t seed, enum mg_method method,
                   float clip, enum mg_precision precision);
void mg_twins_finish(struct mg_twins *twins);

// Other segments.
void mg_twins_deal(struct mg_twins *twins, uint32_t round);

// The gradient of the segments on both, with the losses; each twin keeps what it is told.
void mg_twins_gradient(struct mg_twins *twins, float dropout, uint32_t update,
                       bool told, struct mg_loss *cpu, struct mg_loss *gpu);

// What became of the same training of 200 updates on both.
struct mg_twin_curves {
    double first; // nats a step of the first update and of the last, on the CPU
    double last;
    double apart;     // at the most, of an update's nats
    double cpu_score; // nats a step of the corpus at the end
    double gpu_score;
};

void mg_twins_train(enum mg_precision precision, struct mg_twin_curves *curves);

// |a - b| / |b| of arrays.
double mg_twins_difference(const float *a, const float *b, size_t count);

// A random number of low .. high.
int mg_twins_draw(uint64_t seed, uint32_t what, int low, int high);

#endif
