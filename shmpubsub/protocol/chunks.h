/* The writer of a pooled topic: it takes a chunk, fills it, and publishes or drops it. internal/pool/chunks.go is the
   same, function by function; docs/models/pins.pml proves it.

   take                                             a reader that pins (pins.h, payload.c)
   W1  sequence = 2k-1        seq_cst               R4  entry = chunk          seq_cst
   W2  every entry            seq_cst               R5  sequence == 2k still?  seq_cst
       fence                  release
   W3  the chunk's bytes      plain
   publish
   W4  time, chunk, length    relaxed               R3  chunk, length          acquire
   W5  sequence = 2k          release               R2  sequence == 2k?        acquire
   W6  head = k               seq_cst               R1  head                   acquire

   W1 and W2 with R4 and R5: in the single order of these either the writer sees the pin, or the reader the odd
   sequence. The release fence pairs with the acquire fence, or load, before a reader's second look: a seq_cst store
   alone does not keep the bytes and W4 behind it.

   Of the chunks that neither a kept value nor an open loan names, at most views + 1 are pinned, and there are
   views + 2: the writer always finds one. It looks at each entry once: pins of a moment could make all chunks look
   pinned, one after the other, to a writer that looked once per chunk.

   The caller serialises all calls. The ring is the topic's, and only its writer's. */
#ifndef SHM_CHUNKS_H
#define SHM_CHUNKS_H

#include "pool.h"
#include "ring.h"

#define CHUNKS_NONE UINT32_MAX

struct chunks {
    struct pool pool;
    uint64_t *table;    /* page 0's entries */
    uint32_t loans;     /* chunks that can be taken at once */
    uint32_t taken;     /* now */
    uint64_t prepared;  /* the value whose slot is odd since the last take or publish */
    uint32_t *of_slot;  /* the chunk that each slot names; CHUNKS_NONE */
    uint32_t *idle;     /* a stack of the others, but those that are taken: the last one used is still in the cache */
    uint32_t idle_count;
    uint64_t *pinned;   /* per chunk: the pass that last saw it pinned */
    uint64_t pass;
};

/* Begins with what the ring has: a carried-over value keeps its chunk. False: there is no memory. The ring stays at
   its newest value; table is page 0's. */
bool chunks_open(struct chunks *c, const struct ring *r, const struct pool *pool, uint64_t *table, uint32_t loans);

/* Frees what open made, not the pool. */
void chunks_close(struct chunks *c);

/* Takes a chunk to fill: pool_payload(&c->pool, *chunk). False: `loans` are taken. The oldest kept value is gone
   afterwards. */
bool chunks_take(struct chunks *c, const struct ring *r, uint32_t *chunk);

/* Publishes a chunk that was taken, with a value of length bytes, and moves r to it. The caller notifies waiters. */
void chunks_publish(struct chunks *c, struct ring *r, uint32_t chunk, uint64_t length, uint64_t now);

/* The same for all values of a batch but the last: ring_write_early. */
void chunks_publish_early(struct chunks *c, struct ring *r, uint32_t chunk, uint64_t length, uint64_t now);

/* Gives back a chunk that was taken. The slot stays odd, which readers take for a value that is being written. */
void chunks_drop(struct chunks *c, uint32_t chunk);

#endif
