/* A mapping's right to pin chunks: an entry in page 0's table keeps its chunk from being used again. chunks.h has the
   orders, docs/models/pins.pml the proof; internal/pool/pins.go is the same.

   Every mapping has a lock byte of its own, 256 + byte of the file, taken before its first pin, on a descriptor of its
   own. Its entries are cleared by the holder of that byte: by itself, or after its death by a sweeper, or by the
   byte's next holder.
     - The next holder clears all entries of its byte first: otherwise they would stay while it lives.
     - A sweeper takes each byte that has entries, but never its own (its own descriptor would grant it), clears
       them, and unlocks that byte only. A byte that it cannot take belongs to somebody alive. To ask with
       F_OFD_GETLK and clear afterwards would be too late.
     - A byte is given back after its last entry is cleared.
   The table is mapped through that descriptor, so that a program that closes all descriptors, as daemons do, keeps the
   lock. A forked child closes the descriptor and does not have the mapping: it takes a byte of its own at its next
   pin, and never clears an entry of its parent's. */
#ifndef SHM_PINS_H
#define SHM_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fork.h"
#include "pool.h"

#define PINS_FIRST_BYTE 256
#define PINS_BYTES 1024u

/* The caller serialises all calls on one of these, except pins_clear. */
struct pins {
    uint64_t *table; /* NULL: nothing can be pinned now */
    void *page;      /* page 0, mapped through the lock's descriptor */
    uint32_t byte;
    bool unwritable;       /* page 0 cannot be written: never again */
    long forks;            /* fork_count() when the byte was taken */
    uint64_t tried_at;     /* coarse ns: a byte was looked for, */
    uint64_t swept_at;     /* or the dead's entries; 0: never */
    struct fork_lock lock; /* whose descriptor has the byte */
};

/* Takes a byte and maps the table. At most once a second, until it succeeds. path may be NULL: then it does not. */
bool pins_open(struct pins *p, const struct pool *pool, dev_t dev, ino_t ino, const char *path);

/* Whether this process can pin. */
static inline bool
pins_ready(struct pins *p, const struct pool *pool, dev_t dev, ino_t ino, const char *path)
{
    return __builtin_expect(p->table != NULL && p->forks == fork_count(), 1) || pins_open(p, pool, dev, ino, path);
}

/* Clears what the dead have left, at most once a second. Returns whether there was something. */
bool pins_sweep(struct pins *p, const struct pool *pool);

/* R4. Views leave the last entry to copies, which last as long as the copying; copies begin with it. */
static inline uint64_t *
pins_claim(const struct pins *p, const struct pool *pool, uint32_t chunk, bool view)
{
    uint64_t entry = pool_entry(p->byte, chunk);
    uint32_t n = view ? pool->views : pool->views + 1;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *at = &p->table[view ? i : n - 1 - i];
        uint64_t free = __atomic_load_n(at, __ATOMIC_RELAXED);
        if (free == 0 && __atomic_compare_exchange_n(at, &free, entry, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            return at;
        }
    }
    return NULL;
}

/* R7. After the last read of the chunk: nobody else has changed the entry meanwhile. */
static inline void
pins_clear(uint64_t *entry)
{
    __atomic_store_n(entry, 0, __ATOMIC_RELEASE);
}

/* Gives the byte back. No entry is in use any more. */
void pins_close(struct pins *p);

#endif
