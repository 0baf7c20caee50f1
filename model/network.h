// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network at play: one step of the biaxial LSTM, with its changing state.
//
// A step is: listen (features of the last state go through the time axis), then the
// notes from low to high, each told what was chosen for the one below.  Nearly all of
// the work is in listen, which needs nothing of the step to be decided.
//
// The same model, configuration and calls give the same bits, on one thread or two.  In
// fp32 they do so on every machine with AVX2 and FMA, too; others may differ in the last
// bits (model/kernel.h).  No libm function is called.
#ifndef MG_MODEL_NETWORK_H
#define MG_MODEL_NETWORK_H

#include <stddef.h>

#include "model/kernel.h"
#include "model/model.h"

struct mg_network;

// Two threads of the caller's, for the time axis: model/ starts none.  run() does
// job(context, 0) and job(context, 1), at the same time if it can, and returns when both
// are done.
struct mg_network_pair {
    void (*run)(void *self, void (*job)(void *context, int half), void *context);
    void *self;
};

struct mg_network_config {
    enum mg_precision precision;    // AUTO: as the model file holds its weights
    const struct mg_kernel *kernel; // NULL: the best of this machine and precision
    struct mg_network_pair pair;    // run NULL: one thread
};

// Copies the weights it needs out of the model, packed for speed; the model may go.
// Starts in the learned initial state.  Returns NULL when memory is short.
struct mg_network *mg_network_create_with(const struct mg_model *model,
                                          const struct mg_network_config *config);

// As above, in fp32 on one thread.
struct mg_network *mg_network_create(const struct mg_model *model);

// Takes NULL.
void mg_network_destroy(struct mg_network *network);

const struct mg_shape *mg_network_shape(const struct mg_network *network);

// Back to the learned initial state.  Composer thread.
void mg_network_reset(struct mg_network *network);

// Advances the time axis by one step.  state: (N) of enum mg_cell bits, what sounded at
// the step before the one to be decided, t - 1; beat: that step's position, (t - 1) mod
// 16, 0..15.  At the start of a piece the state is empty and the beat is 15. Composer
// thread.  Never fails, never allocates.
void mg_network_listen(struct mg_network *network, const uint8_t *state, int beat);

// The logits of P(play) and P(articulate | play) of the next higher note.  Call it N
// times after mg_network_listen().  below: the cell chosen for the note below, 0 for
// the lowest. Composer thread.  Never fails, never allocates.
void mg_network_next_note(struct mg_network *network, uint8_t below, float logits[2]);

// Back to just after the last mg_network_listen(): the notes of this step can be asked
// for anew, because the hand on the keyboard has changed.  The same choices give the
// same bits as the first time.  Composer thread.  Never fails, never allocates.
void mg_network_again(struct mg_network *network);

// For how many steps on end the music has been what it was before, whatever the distance; that
// of now goes to *distance.  It takes some 20 steps to be sure.  0 where the model's features
// have no memory.  When it loses the thread, it has to recognise the music anew.  Composer thread.
// Never fail, never allocate.
int mg_network_repeating(const struct mg_network *network, int *distance);
void mg_network_lose_thread(struct mg_network *network);

// All that changes from step to step, to come back to the same place in the music:
// `state` has mg_network_state_bytes() bytes, any alignment, and means something only to
// a network of the same model and configuration in this process.  Saved at any time;
// a save after mg_network_listen() holds the step that was listened to.  After a
// restore the next call is mg_network_listen(), which gives the same bits as it gave
// after the save.  Composer thread.  Never fail, never allocate.
size_t mg_network_state_bytes(const struct mg_network *network);
void mg_network_save(const struct mg_network *network, void *state);
void mg_network_restore(struct mg_network *network, const void *state);

#endif
