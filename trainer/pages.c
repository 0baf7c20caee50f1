// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Asks for huge pages before the first touch.
#undef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE // madvise()
#include "trainer/pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/zeros.h"

enum { HUGE_PAGE = 2 << 20 };

float *
mg_pages(size_t rows, size_t cols)
{
    size_t bytes = rows * cols * sizeof(float);
    if (bytes < HUGE_PAGE)
        return mg_zeros(rows, cols);
    bytes = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    float *pages = aligned_alloc(HUGE_PAGE, bytes);
    if (!pages)
        return NULL;
    madvise(pages, bytes, MADV_HUGEPAGE); // refused: small ones
    return memset(pages, 0, bytes);
}
