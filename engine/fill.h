// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling: when the music dries up, courage lets unlikely notes through until it
// plays again.
#ifndef MG_ENGINE_FILL_H
#define MG_ENGINE_FILL_H

// The floor of courage.  Without one it reaches 0 after 50 quiet steps, and every key
// sounds.  The most silent model worth playing gives a key one chance in 2,000 a step:
// at this floor 88 * (1/2000)^0.3 = 9 keys sound, two hands' worth.
#define MG_FILL_FLOOR 0.3f

// Courage after a step in which `sounding` notes sounded; 1 is the network's own taste,
// less plays more.  fill_below: how few notes are a gap; 0: never fills.  Pure.
float mg_fill_next(float courage, int sounding, int fill_below);

#endif
