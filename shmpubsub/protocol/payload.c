#include "payload.h"

#define CHECKED 32768u /* bytes: a copy that is lapped ends after so many */

/* What the steps c and d need besides the slot. */
struct look {
    struct topic_file *file;
    struct payload *payload;
    bool view, pins;
};

static ALWAYS_INLINE enum ring_end
found(struct look *l, const struct ring_slot *s, uint64_t complete, const void *data, uint64_t length)
{
    l->payload->data = data;
    l->payload->length = length;
    l->payload->k = complete / 2;
    l->payload->sequence = &s->sequence;
    return RING_WHOLE;
}

/* The value is in the slot. */
static ALWAYS_INLINE enum ring_end
copy_words(void *into, const struct ring_slot *s, uint64_t complete)
{
    struct look *l = into;
    uint64_t size = l->file->pool.max;
    l->payload->time = __atomic_load_n(&s->time, __ATOMIC_RELAXED);
    for (uint64_t i = 0; i < (size + 7) / 8; i++) {
        l->payload->words[i] = __atomic_load_n(&s->payload[i], __ATOMIC_RELAXED);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&s->sequence, __ATOMIC_RELAXED) != complete) {
        return RING_LAPPED;
    }
    return found(l, s, complete, l->payload->words, size);
}

/* Claims a free entry, or what a dead reader had. */
static uint64_t *
claim(const struct look *l, uint32_t chunk)
{
    struct pins *pins = &l->file->pins;
    const struct pool *pool = &l->file->pool;
    uint64_t *entry = pins_claim(pins, pool, chunk, l->view);
    if (__builtin_expect(entry == NULL, 0) && pins_sweep(pins, pool)) {
        entry = pins_claim(pins, pool, chunk, l->view);
    }
    return entry;
}

/* R3 to R5. */
static ALWAYS_INLINE enum ring_end
pin_chunk(void *into, const struct ring_slot *slot, uint64_t complete)
{
    struct look *l = into;
    const struct pooled_slot *s = (const struct pooled_slot *)slot;
    const struct pool *pool = &l->file->pool;
    l->payload->time = __atomic_load_n(&s->time, __ATOMIC_RELAXED);
    uint32_t chunk = __atomic_load_n(&s->chunk, __ATOMIC_ACQUIRE);
    uint64_t length = __atomic_load_n(&s->length, __ATOMIC_ACQUIRE);
    bool sound = chunk < pool->chunks && length <= pool->max; /* they may be of two values, until the second look */
    uint64_t *entry = sound && l->pins ? claim(l, chunk) : NULL;
    if (__atomic_load_n(&s->sequence, __ATOMIC_SEQ_CST) != complete) {
        if (entry != NULL) {
            pins_clear(entry);
        }
        return RING_LAPPED;
    }
    if (!sound) {
        return RING_GARBAGE;
    }
    l->payload->hold = hold_file(l->file, entry);
    return found(l, slot, complete, pool_payload(pool, chunk), length);
}

static struct look
look_of(struct topic_file *f, const char *path, enum payload_use use, struct payload *p)
{
    bool pooled = f->pool.memory != NULL, view = use == PAYLOAD_VIEW;
    p->hold.file = NULL;
    return (struct look){
        .file = f,
        .payload = p,
        .view = view,
        .pins = pooled && (!view || f->pool.views > 0) && pins_ready(&f->pins, &f->pool, f->dev, f->ino, path),
    };
}

enum ring_read
payload_newest(struct ring *r, struct topic_file *f, const char *path, enum payload_use use, struct payload *p)
{
    struct look l = look_of(f, path, use, p);
    return f->pool.memory != NULL ? ring_newest_by(r, pin_chunk, &l) : ring_newest_by(r, copy_words, &l);
}

enum ring_read
payload_next(struct ring *r, struct topic_file *f, const char *path, enum payload_use use, struct payload *p,
             uint64_t *lost)
{
    struct look l = look_of(f, path, use, p);
    return f->pool.memory != NULL ? ring_next_by(r, pin_chunk, &l, p->lapped, lost)
                                  : ring_next_by(r, copy_words, &l, p->lapped, lost);
}

enum ring_read
payload_at(const struct ring *r, struct topic_file *f, const char *path, enum payload_use use, struct payload *p,
           uint64_t k)
{
    struct look l = look_of(f, path, use, p);
    struct ring there = *r;
    struct ring_slot *s = ring_seek(&there, k);
    enum ring_end end = RING_LAPPED;
    if (k != 0 && k < RING_HEAD_LIMIT && __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) == 2 * k) {
        end = f->pool.memory != NULL ? pin_chunk(&l, s, 2 * k) : copy_words(&l, s, 2 * k);
    }
    return end == RING_LAPPED ? RING_EMPTY : end == RING_WHOLE ? RING_OK : RING_CORRUPT;
}

/* C1 and C2. The words are relaxed, as those of a scalar: the writer may be storing there. */
static bool
copy_unpinned(const struct payload *p, unsigned char *to)
{
    const uint64_t *from = (const uint64_t *)p->data;
    for (uint64_t done = 0;;) {
        uint64_t n = p->length - done < CHECKED ? p->length - done : CHECKED;
        for (uint64_t whole = done + n / 8 * 8; done < whole; done += 8, to += 8) {
            uint64_t word = __atomic_load_n(from++, __ATOMIC_RELAXED);
            memcpy(to, &word, 8);
        }
        if (done < p->length && p->length - done < 8) {
            uint64_t word = __atomic_load_n(from, __ATOMIC_RELAXED);
            memcpy(to, &word, p->length - done);
            done = p->length;
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(p->sequence, __ATOMIC_RELAXED) != 2 * p->k) {
            return false;
        }
        if (done == p->length) {
            return true;
        }
    }
}

bool
payload_copy(const struct payload *p, void *to)
{
    if (!payload_is_kept(p)) {
        return copy_unpinned(p, to);
    }
    memcpy(to, p->data, p->length);
    return true;
}

void
payload_release(struct payload *p)
{
    hold_release(&p->hold);
}
