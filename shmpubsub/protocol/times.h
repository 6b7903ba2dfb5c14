/* Finding a value by its time. The ring is in order of time: see docs/memory-layout.md. Search in internal/ring is the
   same.

   bisection, writes nothing                   the writer of value k, as in ring.h
   A  head                       acquire       4  head = k            seq_cst
   for each value k in the middle:
   B  sequence == 2k?            acquire       3  sequence = 2k       release
   C  time                       relaxed       2  time                relaxed
      fence                      acquire          fence               release
   D  sequence == 2k still?      relaxed       1  sequence = 2k'-1    relaxed

   4 -> A, 3 -> B and 1 -> D pair as those of a reader in ring.h: the time is that of value k, or D says that it was
   overwritten. Such a value is older than all that are left, and counts as older than any time: the search goes on in
   the newer half. So each step halves what is left, and the search ends after 62 of them, whatever the memory has and
   however fast the writer is. It looks at no value beyond head as it was at A.

   What it found may be overwritten when it returns. The reader of the value then sees that by its sequence, and searches
   again. In a ring without that order, which no publisher of this library writes, some value is found. One is known: a
   value that was carried over from an earlier boot may have a time ahead of this one's clock. It is value 1, and counts
   as overwritten once value 2 has an earlier time. */
#ifndef SHM_TIMES_H
#define SHM_TIMES_H

#include "ring.h"

/* The oldest value that is kept while head is that; head + 1 if nothing was published. */
static inline uint64_t
ring_oldest(const struct ring *r, uint64_t head)
{
    uint64_t capacity = r->count - 1;
    return head > capacity ? head - capacity + 1 : 1;
}

/* Steps B to D. False: value k is not there, not yet or no longer. */
static inline bool
ring_time_of(const struct ring *r, uint64_t k, uint64_t *time)
{
    struct ring there = *r;
    const struct ring_slot *s = ring_seek(&there, k);
    if (__atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) != 2 * k) {
        return false;
    }
    *time = __atomic_load_n(&s->time, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == 2 * k;
}

/* Whether value 1 is of an earlier boot. */
static inline bool
ring_begins_ahead(const struct ring *r, uint64_t head)
{
    uint64_t first = 0, second = 0;
    return head > 1 && ring_time_of(r, 1, &first) && ring_time_of(r, 2, &second) && second < first;
}

/* The oldest value that is kept and counts. */
static inline uint64_t
ring_oldest_in_order(const struct ring *r, uint64_t head)
{
    uint64_t oldest = ring_oldest(r, head);
    return oldest == 1 && ring_begins_ahead(r, head) ? 2 : oldest;
}

/* Returns the first of values first to head whose time is t or later; head + 1 if there is none. */
static inline uint64_t
ring_bisect(const struct ring *r, uint64_t first, uint64_t head, uint64_t t)
{
    uint64_t end = head + 1; /* those before first are older, end is not */
    while (first < end) {
        uint64_t middle = first + (end - first) / 2, time;
        if (ring_time_of(r, middle, &time) && time >= t) {
            end = middle;
        }
        else {
            first = middle + 1;
        }
    }
    return first;
}

/* Finds the first of the kept values whose time is t or later; *k is head + 1 if there is none. If even the newest one
   was overwritten meanwhile, that does not mean that there is none: it searches again. */
static inline enum ring_read
ring_search(const struct ring *r, uint64_t t, uint64_t *k, uint64_t *head)
{
    uint64_t newest;
    for (int retries = 0; retries < RING_MAX_RETRIES; retries++) {
        *head = ring_published(r);
        if (*head >= RING_HEAD_LIMIT) {
            return RING_CORRUPT;
        }
        *k = ring_bisect(r, ring_oldest_in_order(r, *head), *head, t);
        if (*head == 0) {
            return RING_EMPTY;
        }
        if (*k <= *head || ring_time_of(r, *head, &newest) || ring_published(r) == *head) {
            break;
        }
    }
    return RING_OK;
}

#endif
