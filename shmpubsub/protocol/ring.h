/* The seqlock ring of internal/ring/ring.go with the weakest C11 orders that are enough. It is one
   protocol written twice; a test runs every pairing of Go and C writer and reader.

   writer of value k                           reader of the newest value
   1  sequence = 2k-1     relaxed              a  k = head               acquire
      fence               release              b  sequence == 2k?        acquire
   2  time, payload       relaxed              c  time, payload          relaxed
   3  sequence = 2k       release                 fence                  acquire
   4  head = k            seq_cst              d  sequence == 2k still?  relaxed

   4 -> a: who sees head = k sees all of value k.
   3 -> b: who sees sequence 2k sees its payload, also without having seen head.
   The release fence after 1 pairs with the acquire fence before d: who copied a word of a later
   value in c sees that value's odd sequence, or something later still, in d.
   4 and the load of the wait word behind it are seq_cst for the eventcount's sake: see notify. */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <stdbool.h>
#include <string.h>

#include "layout.h"

struct shm_ring {
    struct shm_state *state; /* NULL: not mapped */
    unsigned char *slots;
    uint64_t stride; /* bytes */
    uint64_t count;
    uint64_t k;     /* a value, and */
    uint64_t index; /* its slot, k mod count: saves the division for its neighbours */
};

static inline struct shm_ring
ring_at(void *base, uint64_t first, uint64_t stride, uint64_t count)
{
    struct shm_ring r;
    r.state = (struct shm_state *)((unsigned char *)base + SHM_HEAD_OFFSET);
    r.slots = (unsigned char *)base + first;
    r.stride = stride;
    r.count = count;
    r.k = __atomic_load_n(&r.state->head, __ATOMIC_ACQUIRE);
    r.index = r.k % count;
    return r;
}

/* Moves to value k and returns its slot. */
static inline struct shm_slot *
ring_seek(struct shm_ring *r, uint64_t k)
{
    uint64_t ahead = k - r->k;
    if (__builtin_expect(ahead < r->count, 1)) {
        uint64_t index = r->index + ahead;
        r->index = index < r->count ? index : index - r->count;
    }
    else {
        r->index = k % r->count;
    }
    r->k = k;
    return (struct shm_slot *)(r->slots + r->index * r->stride);
}

/* All of value k but its head. Its own function, as the head's order differs. */
static inline void
ring_store(struct shm_ring *r, uint64_t word, uint64_t now)
{
    uint64_t k = r->k + 1;
    struct shm_slot *s = ring_seek(r, k);
    __atomic_store_n(&s->sequence, 2 * k - 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&s->time, now, __ATOMIC_RELAXED);
    __atomic_store_n(&s->payload[0], word, __ATOMIC_RELAXED);
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
}

/* One writer at a time. */
static inline void
ring_write(struct shm_ring *r, uint64_t word, uint64_t now)
{
    ring_store(r, word, now);
    __atomic_store_n(&r->state->head, r->k, __ATOMIC_SEQ_CST);
}

/* A value of a batch, the last one of which ring_write writes. head moves with each all the same: a
   reader takes a slot that is beyond it for garbage. Nobody is notified before the last. */
static inline void
ring_write_early(struct shm_ring *r, uint64_t word, uint64_t now)
{
    ring_store(r, word, now);
    __atomic_store_n(&r->state->head, r->k, __ATOMIC_RELEASE);
}

enum ring_read { RING_CORRUPT = -1, RING_EMPTY, RING_OK };

/* Has the slot of the value behind r's fetched while head is: both were just written on another processor,
   and the one miss would begin when the other has ended. A hint, on which nothing depends. */
static inline void
ring_expect(const struct shm_ring *r)
{
    uint64_t index = r->index + 1 < r->count ? r->index + 1 : 0;
    __builtin_prefetch(r->slots + index * r->stride);
}

/* How often a reader looks again while head stands still: internal/ring has the reason. */
#define RING_PATIENCE (1 << 16)

/* More values than can ever have been published. Twice as many would overflow to the sequence of
   an unused slot. */
#define RING_IMPOSSIBLE (1ull << 62)

static inline enum ring_read
ring_newest(struct shm_ring *r, uint64_t *word, uint64_t *time)
{
    uint64_t last = 0;
    for (int same = 0; same < RING_PATIENCE; same++) {
        uint64_t k = __atomic_load_n(&r->state->head, __ATOMIC_ACQUIRE);
        if (k == 0) {
            return RING_EMPTY;
        }
        if (k >= RING_IMPOSSIBLE) {
            return RING_CORRUPT;
        }
        if (k != last) {
            last = k;
            same = 0;
        }
        struct shm_slot *s = ring_seek(r, k);
        if (__atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) != 2 * k) {
            continue;
        }
        *time = __atomic_load_n(&s->time, __ATOMIC_RELAXED);
        *word = __atomic_load_n(&s->payload[0], __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == 2 * k) {
            return RING_OK;
        }
    }
    return RING_CORRUPT;
}

/* Copies the value after r->k, or the oldest that is still there, moves to it, and adds to *lost how
   many it passed over; else r stays where it is. The steps are those of the newest's reader. Who is
   lapped while it copies goes one further each time, in the end to the newest: the oldest one is the
   next to be overwritten. */
static inline enum ring_read
ring_next(struct shm_ring *r, uint64_t *word, uint64_t *time, uint64_t *lost)
{
    uint64_t taken = r->k, kept = r->count - 1, last = 0, further = 0;
    enum ring_read result = RING_CORRUPT;
    ring_expect(r);
    for (int same = 0; same < RING_PATIENCE; same++) {
        uint64_t head = __atomic_load_n(&r->state->head, __ATOMIC_ACQUIRE);
        if (head == taken) {
            result = RING_EMPTY;
            break;
        }
        if (head < taken || head >= RING_IMPOSSIBLE) {
            break;
        }
        if (head != last) {
            last = head;
            same = 0;
        }
        uint64_t oldest = __builtin_expect(head - taken <= kept, 1) ? taken + 1 : head - kept + 1;
        uint64_t k = further < head - oldest ? oldest + further : head;
        struct shm_slot *s = ring_seek(r, k);
        if (__atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) == 2 * k) {
            *time = __atomic_load_n(&s->time, __ATOMIC_RELAXED);
            *word = __atomic_load_n(&s->payload[0], __ATOMIC_RELAXED);
            __atomic_thread_fence(__ATOMIC_ACQUIRE);
            if (__atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == 2 * k) {
                *lost += k - taken - 1;
                return RING_OK;
            }
        }
        further++;
    }
    (void)ring_seek(r, taken);
    return result;
}

#endif
