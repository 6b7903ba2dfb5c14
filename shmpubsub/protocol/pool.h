/* Where the values of a pooled topic lie: in chunks, which the ring's slots name. internal/pool is the same in Go. */
#ifndef SHM_POOL_H
#define SHM_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "geometry.h"
#include "layout.h"

struct pool {
    unsigned char *memory; /* chunk 0; NULL: the slots have the values */
    uint64_t stride;       /* of chunks, bytes */
    uint64_t max;          /* bytes of a value */
    uint32_t chunks;
    uint32_t views; /* entries for views; one more is for copies */
};

/* memory: of chunk 0; not looked at if the values are in the slots. */
static inline struct pool
pool_at(void *memory, const struct geometry *g)
{
    return (struct pool){
        .memory = g->chunks > 0 ? memory : NULL,
        .stride = g->chunk_stride,
        .max = g->elem_size,
        .chunks = g->chunks,
        .views = g->views,
    };
}

/* Where a chunk's value begins. A copy to an address that is 1 to 63 bytes behind its source, modulo 4096, takes many
   times as long, and large arrays begin 16 bytes into a page: 0 would slow reading them, 64 publishing. */
static inline unsigned char *
pool_payload(const struct pool *p, uint32_t chunk)
{
    return p->memory + chunk * p->stride + SHM_CHUNK_PAYLOAD;
}

/* An entry of the table of pins; 0 is a free one. byte: the lock byte, from 0, of the mapping that pins the chunk. */
static inline uint64_t
pool_entry(uint32_t byte, uint32_t chunk)
{
    return (uint64_t)byte << 32 | (chunk + 1);
}

static inline uint32_t
pool_entry_byte(uint64_t entry)
{
    return (uint32_t)(entry >> 32);
}

/* Of an entry that is not free. It may be out of range: any process that can write page 0 may have written it. */
static inline uint32_t
pool_entry_chunk(uint64_t entry)
{
    return (uint32_t)entry - 1;
}

#endif
