// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Optimisers: how a gradient changes the weights.
#ifndef MG_TRAINER_OPTIMIZER_H
#define MG_TRAINER_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

enum mg_method {
    MG_METHOD_ADADELTA, // Zeiler, "ADADELTA: an adaptive learning rate method", 2012
    MG_METHOD_ADAM, // Kingma and Ba, "Adam: a method for stochastic optimization", 2015
};

struct mg_optimizer {
    enum mg_method method;
    float clip;   // the gradient's norm is brought down to this; 0: never
    float decay;  // of a weight goes by an update, times the learning rate; 0: nothing
    size_t count; // of weights
    int64_t updates;  // done so far
    float *gradient2; // (count) running mean of squared gradients, owned
    float *other;     // (count) AdaDelta: of squared changes; Adam: of gradients; owned
};

// Starts with both means 0.  Returns 0 or -ENOMEM.
int mg_optimizer_init(struct mg_optimizer *optimizer, enum mg_method method, float clip,
                      float decay, size_t count);
void mg_optimizer_finish(struct mg_optimizer *optimizer); // takes a zeroed struct

// The rate that works for most: AdaDelta needs none (1), Adam 0.005 at the reference size.
double mg_optimizer_default_rate(enum mg_method method);

// The decay: Adam 0.1; at AdaDelta's rate that would be a tenth of a weight.
double mg_optimizer_default_decay(enum mg_method method);

// What an update leaves of a weight before it changes it by the gradient: decay apart from
// the gradient, after Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
static inline float
mg_optimizer_kept(const struct mg_optimizer *optimizer, float learning_rate)
{
    return 1.0f - learning_rate * optimizer->decay;
}

// One update.  weights, gradient: (count); the gradient is clipped in place.  Returns
// the gradient's norm before clipping; where that is not finite nothing is changed.
double mg_optimizer_update(struct mg_optimizer *optimizer, float learning_rate,
                           float *weights, float *gradient);

#endif
