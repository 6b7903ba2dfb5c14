/* The seqlock ring of internal/ring/ring.go, with the weakest C11 orders that suffice. Tests run every
   pairing of Go and C writer and reader, and compare the orders here with those of the memory model's tests.

   writer of value k                           reader of the newest value
   1  sequence = 2k-1     relaxed              a  k = head               acquire
      fence               release              b  sequence == 2k?        acquire
   2  time, payload       relaxed              c  time, payload          relaxed
   3  sequence = 2k       release                 fence                  acquire
   4  head = k            seq_cst              d  sequence == 2k still?  relaxed

   4 -> a: a reader that sees head = k sees all of value k.
   3 -> b: a reader that sees sequence 2k sees its payload, even without having seen head.
   The release fence after 1 pairs with the acquire fence before d: a reader that copied a word of a later
   value in c sees that value's odd sequence, or a later one, in d.
   4 and the load of the wait word after it are seq_cst for the eventcount: see eventcount_notify. */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <stdbool.h>
#include <string.h>

#include "layout.h"

/* For functions that call one that they are given: inlined, they cost a scalar no call. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* A ring and a position in it. */
struct ring {
    struct ring_head *mapped; /* NULL: nothing to read or write */
    unsigned char *slots;
    uint64_t stride; /* bytes */
    uint64_t count;
    uint64_t k;     /* a value */
    uint64_t index; /* of its slot, k mod count: saves the division for the values next to it */
};

/* Returns the ring with the position at its newest value. base is where the header is mapped; first is in the file. */
static inline struct ring
ring_at(void *base, uint64_t first, uint64_t stride, uint64_t count)
{
    struct ring r;
    r.mapped = (struct ring_head *)((unsigned char *)base + SHM_HEAD_OFFSET);
    r.slots = (unsigned char *)base + (first - SHM_HEADER_OFFSET);
    r.stride = stride;
    r.count = count;
    r.k = __atomic_load_n(&r.mapped->head, __ATOMIC_ACQUIRE);
    r.index = r.k % count;
    return r;
}

/* How many values were published. */
static inline uint64_t
ring_published(const struct ring *r)
{
    return __atomic_load_n(&r->mapped->head, __ATOMIC_ACQUIRE);
}

/* Moves to value k and returns its slot. */
static inline struct ring_slot *
ring_seek(struct ring *r, uint64_t k)
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
    return (struct ring_slot *)(r->slots + r->index * r->stride);
}

/* The slot of the value after r's. */
static inline struct ring_slot *
ring_following(const struct ring *r)
{
    uint64_t index = r->index + 1 < r->count ? r->index + 1 : 0;
    return (struct ring_slot *)(r->slots + index * r->stride);
}

/* Steps 1 to 3: step 4 differs in its order. */
static ALWAYS_INLINE void
ring_store(struct ring *r, const uint64_t *words, size_t n, uint64_t now)
{
    uint64_t k = r->k + 1;
    struct ring_slot *s = ring_seek(r, k);
    __atomic_store_n(&s->sequence, 2 * k - 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&s->time, now, __ATOMIC_RELAXED);
    for (size_t i = 0; i < n; i++) {
        __atomic_store_n(&s->payload[i], words[i], __ATOMIC_RELAXED);
    }
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
}

/* One writer at a time. The slots have room for n words. */
static ALWAYS_INLINE void
ring_write_words(struct ring *r, const uint64_t *words, size_t n, uint64_t now)
{
    ring_store(r, words, n, now);
    __atomic_store_n(&r->mapped->head, r->k, __ATOMIC_SEQ_CST);
}

/* Writes a value of a batch, except the last one, which ring_write_words writes. head still moves with each value:
   readers treat a slot that is ahead of it as garbage. Waiters are notified after the last value only. */
static ALWAYS_INLINE void
ring_write_words_early(struct ring *r, const uint64_t *words, size_t n, uint64_t now)
{
    ring_store(r, words, n, now);
    __atomic_store_n(&r->mapped->head, r->k, __ATOMIC_RELEASE);
}

static inline void
ring_write(struct ring *r, uint64_t word, uint64_t now)
{
    ring_write_words(r, &word, 1, now);
}

static inline void
ring_write_early(struct ring *r, uint64_t word, uint64_t now)
{
    ring_write_words_early(r, &word, 1, now);
}

enum ring_read { RING_CORRUPT = -1, RING_EMPTY, RING_OK };

/* Fetches the slot of the value after r's while head is fetched: another processor has just written both, and
   otherwise the second miss would begin after the first. A hint only. */
static inline void
ring_prefetch_next(const struct ring *r)
{
    __builtin_prefetch(ring_following(r));
}

/* How often a reader retries while head does not move: internal/ring has the reason. */
#define RING_MAX_RETRIES (1 << 16)

/* More values than can ever be published. Twice as many would overflow to the sequence of an unused slot. */
#define RING_HEAD_LIMIT (1ull << 62)

/* How steps c and d end: the value was overwritten meanwhile, it is whole, or no writer wrote it. */
enum ring_end { RING_LAPPED, RING_WHOLE, RING_GARBAGE };

/* Steps c and d for the value whose complete sequence this is. payload.c has others than ring_copy_word. */
typedef enum ring_end ring_step(void *into, const struct ring_slot *s, uint64_t complete);

static ALWAYS_INLINE enum ring_read
ring_newest_by(struct ring *r, ring_step *step, void *into)
{
    uint64_t last = 0;
    for (int retries = 0; retries < RING_MAX_RETRIES; retries++) {
        uint64_t k = __atomic_load_n(&r->mapped->head, __ATOMIC_ACQUIRE);
        if (k == 0) {
            return RING_EMPTY;
        }
        if (k >= RING_HEAD_LIMIT) {
            return RING_CORRUPT;
        }
        if (k != last) {
            last = k;
            retries = 0;
        }
        struct ring_slot *s = ring_seek(r, k);
        if (__atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) != 2 * k) {
            continue;
        }
        enum ring_end end = step(into, s, 2 * k);
        if (end != RING_LAPPED) {
            return end == RING_WHOLE ? RING_OK : RING_CORRUPT;
        }
    }
    return RING_CORRUPT;
}

/* Takes the value after r->k, or the oldest one that is still readable, moves to it, and adds the number of values
   skipped to *lost. Otherwise r stays where it is. A reader that is lapped goes one value further each time, at last
   to the newest: the oldest one is the next to be overwritten. further: how far it begins. */
static ALWAYS_INLINE enum ring_read
ring_next_by(struct ring *r, ring_step *step, void *into, uint64_t further, uint64_t *lost)
{
    uint64_t taken = r->k, capacity = r->count - 1, last = 0;
    enum ring_read result = RING_CORRUPT;
    ring_prefetch_next(r);
    for (int retries = 0; retries < RING_MAX_RETRIES; retries++) {
        uint64_t head = __atomic_load_n(&r->mapped->head, __ATOMIC_ACQUIRE);
        if (head == taken) {
            result = RING_EMPTY;
            break;
        }
        if (head < taken || head >= RING_HEAD_LIMIT) {
            break;
        }
        if (head != last) {
            last = head;
            retries = 0;
        }
        uint64_t oldest = __builtin_expect(head - taken <= capacity, 1) ? taken + 1 : head - capacity + 1;
        uint64_t k = further < head - oldest ? oldest + further : head;
        struct ring_slot *s = ring_seek(r, k);
        if (__atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) == 2 * k) {
            enum ring_end end = step(into, s, 2 * k);
            if (end == RING_WHOLE) {
                *lost += k - taken - 1;
                return RING_OK;
            }
            if (end == RING_GARBAGE) {
                break;
            }
        }
        further++;
    }
    (void)ring_seek(r, taken);
    return result;
}

/* Where one word and its time go. */
struct ring_word {
    uint64_t *word, *time;
};

static ALWAYS_INLINE enum ring_end
ring_copy_word(void *into, const struct ring_slot *s, uint64_t complete)
{
    struct ring_word *w = into;
    *w->time = __atomic_load_n(&s->time, __ATOMIC_RELAXED);
    *w->word = __atomic_load_n(&s->payload[0], __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == complete ? RING_WHOLE : RING_LAPPED;
}

static inline enum ring_read
ring_newest(struct ring *r, uint64_t *word, uint64_t *time)
{
    struct ring_word w = {word, time};
    return ring_newest_by(r, ring_copy_word, &w);
}

static inline enum ring_read
ring_next(struct ring *r, uint64_t *word, uint64_t *time, uint64_t *lost)
{
    struct ring_word w = {word, time};
    return ring_next_by(r, ring_copy_word, &w, 0, lost);
}

#endif
