// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The mark of real-time functions.
//
// A function marked MG_RT may be called from the real-time thread: it never waits,
// allocates, locks or calls the system, and calls only marked functions and the short
// list in tests/rt_symbols.txt, which tests/check_rt_symbols.sh holds against the
// objects.
#ifndef MG_ENGINE_MARK_H
#define MG_ENGINE_MARK_H

#define MG_RT

#endif
