#include "cursor.h"

#include <stddef.h>

/* How many values were published after the position; 0 if head contradicts it. */
static uint64_t
unseen(const struct attachment *a)
{
    uint64_t head = a->ring.mapped == NULL ? 0 : ring_published(&a->ring);
    return head > a->ring.k && head < RING_HEAD_LIMIT ? head - a->ring.k : 0;
}

/* When the newest value was published; 0 without one. */
static uint64_t
newest_time(const struct attachment *a)
{
    struct ring r = a->ring;
    uint64_t word, time;
    return r.mapped != NULL && ring_newest(&r, &word, &time) == RING_OK ? time : 0;
}

static void
drop(struct attachment *a)
{
    if (a->file != NULL) {
        topic_file_release(a->file);
    }
    *a = (struct attachment){0};
}

void
cursor_join(struct cursor *c, uint64_t history)
{
    if (c->present.ring.mapped == NULL) {
        return;
    }
    struct ring newest = c->present.ring;
    uint64_t word, time = 0, capacity = newest.count - 1, back = history < capacity ? history : capacity;
    uint64_t head = ring_newest(&newest, &word, &time) == RING_OK ? newest.k : 0;
    (void)ring_seek(&c->present.ring, head > back ? head - back : 0);
    if (history == 0) {
        c->taken_time = time; /* if the next publisher carries it over, it is not new */
    }
}

/* If value 1 is a retained one that the publisher carried over, the header has its time, which identifies it. */
void
cursor_enter(struct cursor *c, struct topic_file *file, const struct ring *ring)
{
    c->epoch++;
    c->present = (struct attachment){.file = file, .ring = *ring};
    if (ring->mapped == NULL) {
        return;
    }
    uint64_t carried = file->carried_time, pending = c->pending_loss_time, after = 0;
    c->pending_loss_time = 0;
    if (carried != pending) { /* otherwise there is none, or it was left behind and is still to be received */
        if (carried != 0 && (carried == c->taken_time || carried == newest_time(&c->previous))) {
            after = 1; /* received, or to be received from previous */
        }
        if (pending != 0) {
            c->lost++;
        }
    }
    (void)ring_seek(&c->present.ring, after);
}

void
cursor_reopen(struct cursor *c, struct topic_file *file, const struct ring *ring)
{
    uint64_t k = c->present.ring.k;
    drop(&c->present);
    c->epoch++;
    c->present = (struct attachment){.file = file, .ring = *ring};
    (void)ring_seek(&c->present.ring, k);
}

/* Leaves the present file with n values that were not received. A retained one is lost only if the next publisher
   has not carried it over; until then it is pending, so that `lost` never decreases. */
static void
lose(struct cursor *c, uint64_t n)
{
    c->lost += n;
    if (n > 0 && c->present.file->retain && (c->pending_loss_time = newest_time(&c->present)) != 0) {
        c->lost--;
    }
}

void
cursor_drop_empty_previous(struct cursor *c)
{
    if (c->previous.file != NULL && unseen(&c->previous) == 0) {
        drop(&c->previous);
    }
}

void
cursor_leave(struct cursor *c)
{
    c->epoch++;
    cursor_drop_empty_previous(c);
    uint64_t n = unseen(&c->present);
    if (n > 0 && c->receiving && c->previous.file == NULL) {
        c->present.file->users++;
        c->previous = c->present;
    }
    else {
        lose(c, n);
    }
    c->present.ring = (struct ring){0};
}

void
cursor_drop(struct cursor *c)
{
    drop(&c->present);
}

void
cursor_end(struct cursor *c)
{
    c->epoch++;
    drop(&c->previous);
    c->present.ring = (struct ring){0};
    c->receiving = false;
}

/* The previous file has no value to take. */
static void
drop_previous(struct cursor *c)
{
    c->lost += unseen(&c->previous); /* 0, unless it is garbage */
    drop(&c->previous);
}

bool
cursor_next_of_previous(struct cursor *c, struct ring_value *v)
{
    struct ring *r = &c->previous.ring;
    if (ring_next(r, &v->word, &v->time, &c->lost) == RING_OK) {
        v->k = r->k;
        c->taken_time = v->time;
        return true;
    }
    drop_previous(c);
    return false;
}

enum ring_read
cursor_next_payload(struct cursor *c, const char *path, enum payload_use use, struct payload *p)
{
    enum ring_read found = RING_EMPTY;
    if (c->previous.file != NULL) {
        /* Its name is another file's by now, or nobody's. */
        found = payload_next(&c->previous.ring, c->previous.file, NULL, use, p, &c->lost);
        if (found != RING_OK) {
            drop_previous(c);
        }
    }
    if (found != RING_OK) {
        if (c->present.ring.mapped == NULL) {
            return RING_EMPTY;
        }
        found = payload_next(&c->present.ring, c->present.file, path, use, p, &c->lost);
    }
    if (found == RING_OK) {
        c->taken_time = p->time;
    }
    return found;
}

bool
cursor_return(struct cursor *c, const struct cursor_mark *mark, uint64_t k)
{
    struct attachment *a = cursor_source(c);
    if (a->ring.mapped == NULL || c->epoch != mark->epoch || a->file != mark->file || a->ring.k != k) {
        return false;
    }
    (void)ring_seek(&a->ring, mark->k);
    c->lost = mark->lost;
    c->taken_time = mark->taken_time;
    return true;
}
