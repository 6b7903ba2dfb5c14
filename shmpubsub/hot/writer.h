/* What a publisher needs for values beyond bool, int and float. */
#ifndef SHM_WRITER_H
#define SHM_WRITER_H

#include "../protocol/chunk_memory.h"
#include "../protocol/chunks.h"
#include "publisher_object.h"
#include "value_type.h"

/* Everything in it is under the GIL, except the bytes of chunks that are taken. */
struct writer {
    struct value_type type;
    struct chunks chunks;        /* not of inline values */
    struct chunk_memory *memory; /* NULL: values are inline */
    long users;                  /* its publisher, publications under way, arrays made from loans */
    uint32_t filling;            /* chunks taken by publications under way: others wait for them */
    uint32_t filled;             /* counts those that ended: a futex */
    uint32_t waiting;            /* for that */
    uint32_t tried;              /* counts the attempts of those that waited: a futex */
    uint32_t behind;             /* wait for that */
};

/* Takes over the pool's mapping, whose address is 0 for inline values, and the type's Record. NULL with MemoryError set;
   the mapping is gone then. table is page 0's. */
struct writer *writer_open(const struct value_type *type, const struct ring *ring, const struct pool *pool,
                           uint64_t mapped, uint64_t *table, uint32_t loans);

/* Ends one use. The last one frees it, and unmaps the pool. */
void writer_release(struct writer *w);

static inline struct writer *
writer_hold(struct writer *w)
{
    w->users++;
    return w;
}

/* Whether p is open and publishes through w: any code may have closed it, or opened it again. */
static inline bool
writer_is_open(const Publisher *p, const struct writer *w)
{
    return p->ring.mapped != NULL && p->writer == w;
}

/* Takes a chunk. Waits while other threads fill all that can be taken at once. False: *refused is what to return to
   Python, as loans have them, or p was closed meanwhile. The caller holds w. */
bool writer_take(Publisher *p, struct writer *w, uint32_t *chunk, PyObject **refused);

/* To be called when a chunk has been filled for which `filling` was raised. */
void writer_end_filling(struct writer *w);

/* Publishes a value of so many bytes in a chunk that was taken. The caller has seen writer_is_open. */
void writer_publish(Publisher *p, struct writer *w, uint32_t chunk, uint64_t length, uint64_t now, bool last);

/* The same for an inline value: words has the type's size in whole words, padded with zeros. */
void writer_publish_words(Publisher *p, struct writer *w, const uint64_t *words, uint64_t now, bool last);

#endif
