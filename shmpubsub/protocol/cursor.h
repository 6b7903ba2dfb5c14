/* Every value, one after the other, across the files of successive publishers. cursor.go is the same, function by
   function; tests/differential compares the two.

   subscribe() has a position of its own, so that reading the newest value and receiving every value do not disturb
   each other.

   The values of a publisher that has ended are received before the next one's: its file, which nobody writes any
   more, stays mapped as `previous` until then. There is one previous file at most: unread values of a file between
   that one and the present one are lost, and counted. */
#ifndef SHM_CURSOR_H
#define SHM_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "payload.h"
#include "ring.h"
#include "topic_file.h"

/* A publisher's file, and how far it has been received. */
struct attachment {
    struct topic_file *file; /* NULL: none */
    struct ring ring;        /* at the last value received; .mapped NULL: nothing to receive */
};

/* The caller serialises all calls on one cursor. */
struct cursor {
    /* Its file stays mapped when its publisher has died or its name points elsewhere: its successor is recognised
       by its inode number, which must not be used again until then. */
    struct attachment present;
    struct attachment previous; /* an earlier publisher's, which may have values to receive */
    uint64_t epoch;             /* moves on whenever a file is entered or left */
    uint64_t lost;              /* values skipped */
    uint64_t taken_time;        /* of the last value received; 0: none yet */
    uint64_t pending_loss_time; /* of a retained value left behind, which is lost unless the next file has it; 0: none */
    bool receiving;             /* something receives values, so that unread ones must be kept */
};

struct ring_value {
    uint64_t word;
    uint64_t time; /* CLOCK_MONOTONIC ns */
    uint64_t k;    /* its number */
};

/* Starts a new subscriber `history` values before the end of the publisher that exists, if one does. All values of
   later publishers are new. */
void cursor_join(struct cursor *c, uint64_t history);

/* Makes file, of which the cursor takes over one use, the present one. ring.mapped NULL: its publisher is dead. */
void cursor_enter(struct cursor *c, struct topic_file *file, const struct ring *ring);

/* The present file was mapped again, as file: the position stays. */
void cursor_reopen(struct cursor *c, struct topic_file *file, const struct ring *ring);

/* Leaves the present file, in which nothing is published any more. A cursor that receives keeps unread values as
   `previous`. (One that does not would keep the memory for ever.) The file itself stays: see cursor_drop. */
void cursor_leave(struct cursor *c);

/* Releases the present file, which was left. */
void cursor_drop(struct cursor *c);

/* Receives nothing any more, and counts nothing as lost. The present file stays, as after cursor_leave. */
void cursor_end(struct cursor *c);

/* Moves to the next value of the previous file; false: it has none, and is released. */
bool cursor_next_of_previous(struct cursor *c, struct ring_value *v);

/* Releases a previous file without unread values. */
void cursor_drop_empty_previous(struct cursor *c);

/* Takes the next value of the mapped files. RING_CORRUPT: the present one is garbage. */
static inline enum ring_read
cursor_next(struct cursor *c, struct ring_value *v)
{
    if (__builtin_expect(c->previous.file != NULL, 0) && cursor_next_of_previous(c, v)) {
        return RING_OK;
    }
    if (c->present.ring.mapped == NULL) {
        return RING_EMPTY;
    }
    enum ring_read found = ring_next(&c->present.ring, &v->word, &v->time, &c->lost);
    if (found == RING_OK) {
        v->k = c->present.ring.k;
        c->taken_time = v->time;
    }
    return found;
}

/* The same for a value of any type. path is the present file's. After RING_OK: payload_release, or cursor_lapped, both
   before anything else is taken. */
enum ring_read cursor_next_payload(struct cursor *c, const char *path, enum payload_use use, struct payload *p);

/* The value that cursor_next_payload took was overwritten while it was copied: it is lost. Another call goes further. */
static inline void
cursor_lapped(struct cursor *c, struct payload *p)
{
    payload_lapped(p);
    c->lost++;
}

/* The file that the next value comes from. */
static inline struct attachment *
cursor_source(struct cursor *c)
{
    return c->previous.file != NULL ? &c->previous : &c->present;
}

/* Whether the mapped files have a value to take. A head that is garbage counts: taking reports it. */
static inline bool
cursor_unread(const struct cursor *c)
{
    return c->previous.file != NULL ||
           (c->present.ring.mapped != NULL && ring_published(&c->present.ring) != c->present.ring.k);
}

/* A position to return to if a value could not be handed over. */
struct cursor_mark {
    const struct topic_file *file;
    uint64_t epoch, k, lost, taken_time;
};

static inline struct cursor_mark
cursor_mark(struct cursor *c)
{
    const struct attachment *a = cursor_source(c);
    return (struct cursor_mark){a->file, c->epoch, a->ring.k, c->lost, c->taken_time};
}

/* Returns to the mark after value k was taken. False if it cannot: k was in another file, or another thread has
   moved on. */
bool cursor_return(struct cursor *c, const struct cursor_mark *mark, uint64_t k);

#endif
