#include "chunks.h"

#include <stdlib.h>

bool
chunks_open(struct chunks *c, const struct ring *r, const struct pool *pool, uint64_t *table, uint32_t loans)
{
    *c = (struct chunks){.pool = *pool, .table = table, .loans = loans};
    c->of_slot = malloc(r->count * sizeof *c->of_slot);
    c->idle = malloc(pool->chunks * sizeof *c->idle);
    c->pinned = calloc(pool->chunks, sizeof *c->pinned); /* now: which are named */
    if (c->of_slot == NULL || c->idle == NULL || c->pinned == NULL) {
        chunks_close(c);
        return false;
    }
    for (uint64_t i = 0; i < r->count; i++) {
        const struct pooled_slot *s = (const struct pooled_slot *)(r->slots + i * r->stride);
        uint64_t sequence = __atomic_load_n(&s->sequence, __ATOMIC_RELAXED);
        uint32_t chunk = s->chunk;
        bool named = sequence != 0 && sequence % 2 == 0 && chunk < pool->chunks;
        c->of_slot[i] = named ? chunk : CHUNKS_NONE;
        if (named) {
            c->pinned[chunk] = 1;
        }
    }
    for (uint32_t chunk = pool->chunks; chunk-- > 0;) {
        if (c->pinned[chunk] == 0) {
            c->idle[c->idle_count++] = chunk;
        }
        c->pinned[chunk] = 0;
    }
    return true;
}

void
chunks_close(struct chunks *c)
{
    free(c->of_slot);
    free(c->idle);
    free(c->pinned);
    *c = (struct chunks){0};
}

/* W1, with the index of the slot that the value after r's will use. Its old value is no longer kept. */
static void
prepare(struct chunks *c, const struct ring *r)
{
    uint64_t k = r->k + 1, i = r->index + 1 < r->count ? r->index + 1 : 0;
    __atomic_store_n(&ring_following(r)->sequence, 2 * k - 1, __ATOMIC_SEQ_CST);
    if (c->of_slot[i] != CHUNKS_NONE) {
        c->idle[c->idle_count++] = c->of_slot[i];
        c->of_slot[i] = CHUNKS_NONE;
    }
    c->prepared = k;
}

/* W2. */
static void
look_at_pins(struct chunks *c)
{
    c->pass++;
    for (uint32_t i = 0; i <= c->pool.views; i++) {
        uint64_t entry = __atomic_load_n(&c->table[i], __ATOMIC_SEQ_CST);
        if (entry != 0 && pool_entry_chunk(entry) < c->pool.chunks) {
            c->pinned[pool_entry_chunk(entry)] = c->pass;
        }
    }
}

bool
chunks_take(struct chunks *c, const struct ring *r, uint32_t *chunk)
{
    if (c->taken == c->loans) {
        return false;
    }
    prepare(c, r);
    look_at_pins(c);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    uint32_t i = c->idle_count - 1;
    while (c->pinned[c->idle[i]] == c->pass) {
        i--; /* ends: see the head of chunks.h */
    }
    *chunk = c->idle[i];
    c->idle_count--;
    for (; i < c->idle_count; i++) {
        c->idle[i] = c->idle[i + 1];
    }
    c->taken++;
    return true;
}

/* W4 and W5. */
static void
store(struct chunks *c, struct ring *r, uint32_t chunk, uint64_t length, uint64_t now)
{
    uint64_t k = r->k + 1;
    if (c->prepared != k) { /* another value was published since the chunk was taken */
        prepare(c, r);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    struct pooled_slot *s = (struct pooled_slot *)ring_seek(r, k);
    c->of_slot[r->index] = chunk;
    c->taken--;
    __atomic_store_n(&s->time, now, __ATOMIC_RELAXED);
    __atomic_store_n(&s->chunk, chunk, __ATOMIC_RELAXED);
    __atomic_store_n(&s->length, length, __ATOMIC_RELAXED);
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
}

void
chunks_publish(struct chunks *c, struct ring *r, uint32_t chunk, uint64_t length, uint64_t now)
{
    store(c, r, chunk, length, now);
    __atomic_store_n(&r->mapped->head, r->k, __ATOMIC_SEQ_CST);
}

void
chunks_publish_early(struct chunks *c, struct ring *r, uint32_t chunk, uint64_t length, uint64_t now)
{
    store(c, r, chunk, length, now);
    __atomic_store_n(&r->mapped->head, r->k, __ATOMIC_RELEASE);
}

void
chunks_drop(struct chunks *c, uint32_t chunk)
{
    c->idle[c->idle_count++] = chunk;
    c->taken--;
}
