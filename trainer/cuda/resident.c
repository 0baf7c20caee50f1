// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Pieces in blocks of memory, one after the other.
#include "trainer/cuda/resident.h"

enum { BLOCK_BYTES = 16 << 20 };

static void
free_block(gpointer block)
{
    cudaFree(block);
}

void
mg_cuda_resident_init(struct mg_cuda_resident *resident)
{
    *resident = (struct mg_cuda_resident){
        .pieces = g_hash_table_new(g_direct_hash, g_direct_equal),
        .blocks = g_ptr_array_new_with_free_func(free_block),
    };
}

void
mg_cuda_resident_finish(struct mg_cuda_resident *resident)
{
    if (resident->pieces)
        g_hash_table_destroy(resident->pieces);
    if (resident->blocks)
        g_ptr_array_free(resident->blocks, TRUE);
    *resident = (struct mg_cuda_resident){0};
}

// The end of the last block, or of a new one.
static uint8_t *
room_for(struct mg_cuda_resident *resident, struct mg_cuda *cuda, size_t bytes)
{
    if (bytes > resident->left) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        void *block = mg_cuda_zeros(cuda, size, 1);
        if (!block)
            return NULL;
        g_ptr_array_add(resident->blocks, block);
        resident->left = size;
    }
    resident->left -= bytes;
    uint8_t *block = g_ptr_array_index(resident->blocks, resident->blocks->len - 1);
    return block + resident->left;
}

const uint8_t *
mg_cuda_resident_cells(struct mg_cuda_resident *resident, struct mg_cuda *cuda,
                       const struct mg_roll *roll)
{
    uint8_t *cells = g_hash_table_lookup(resident->pieces, roll);
    size_t bytes = (size_t)roll->steps * (size_t)roll->notes;
    if (!cells && bytes > 0)
        cells = room_for(resident, cuda, bytes);
    else
        return cells;
    if (!cells)
        return NULL;
    mg_cuda_try(cuda, cudaMemcpy(cells, roll->cells, bytes, cudaMemcpyHostToDevice));
    // Memory that is not pinned may still be on its way when the call returns.
    mg_cuda_try(cuda, cudaDeviceSynchronize());
    g_hash_table_insert(resident->pieces, (gpointer)roll, cells);
    return cells;
}
