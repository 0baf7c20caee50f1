// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// AdaDelta and Adam.
#include "trainer/optimizer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int
mg_optimizer_init(struct mg_optimizer *optimizer, enum mg_method method, float clip,
                  float decay, size_t count)
{
    *optimizer = (struct mg_optimizer){
        .method = method, .clip = clip, .decay = decay, .count = count};
    optimizer->gradient2 = calloc(count, sizeof(float));
    optimizer->other = calloc(count, sizeof(float));
    return optimizer->gradient2 && optimizer->other ? 0 : -ENOMEM;
}

void
mg_optimizer_finish(struct mg_optimizer *optimizer)
{
    free(optimizer->gradient2);
    free(optimizer->other);
    *optimizer = (struct mg_optimizer){0};
}

double
mg_optimizer_default_rate(enum mg_method method)
{
    return method == MG_METHOD_ADAM ? 0.005 : 1.0;
}

double
mg_optimizer_default_decay(enum mg_method method)
{
    return method == MG_METHOD_ADAM ? 0.1 : 0.0;
}

// Summed in double and in order: the same on every run.
static double
norm_of(const float *x, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

// Algorithm 1 of the paper; rho and epsilon are its own.
static void
adadelta(struct mg_optimizer *o, float rate, float *weights, const float *gradient)
{
    const float rho = 0.95f, epsilon = 1e-6f, kept = mg_optimizer_kept(o, rate);
    for (size_t i = 0; i < o->count; i++) {
        float g = gradient[i];
        o->gradient2[i] = rho * o->gradient2[i] + (1.0f - rho) * g * g;
        float change = sqrtf((o->other[i] + epsilon) / (o->gradient2[i] + epsilon)) * g;
        o->other[i] = rho * o->other[i] + (1.0f - rho) * change * change;
        weights[i] = kept * weights[i] - rate * change;
    }
}

// Algorithm 1 of the paper, with the bias corrections folded into the rate (its section
// 2).
static void
adam(struct mg_optimizer *o, float rate, float *weights, const float *gradient)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    double t = (double)o->updates;
    double root = sqrt(1.0 - pow((double)beta2, t));
    float step = (float)((double)rate * root / (1.0 - pow((double)beta1, t)));
    float scaled_epsilon = (float)((double)epsilon * root);
    float kept = mg_optimizer_kept(o, rate);
    for (size_t i = 0; i < o->count; i++) {
        float g = gradient[i];
        o->other[i] = beta1 * o->other[i] + (1.0f - beta1) * g;
        o->gradient2[i] = beta2 * o->gradient2[i] + (1.0f - beta2) * g * g;
        weights[i] = kept * weights[i] -
                     step * o->other[i] / (sqrtf(o->gradient2[i]) + scaled_epsilon);
    }
}

double
mg_optimizer_update(struct mg_optimizer *o, float learning_rate, float *weights,
                    float *gradient)
{
    double norm = norm_of(gradient, o->count);
    if (!isfinite(norm))
        return norm;
    if (o->clip > 0.0f && norm > (double)o->clip)
        for (size_t i = 0; i < o->count; i++)
            gradient[i] *= (float)((double)o->clip / norm);
    o->updates++;
    if (o->method == MG_METHOD_ADAM)
        adam(o, learning_rate, weights, gradient);
    else
        adadelta(o, learning_rate, weights, gradient);
    return norm;
}
