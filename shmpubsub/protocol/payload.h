/* Values of any size, as a reader meets them: words of the slot, or a chunk that is pinned or must be copied before
   the writer overwrites it. chunks.h and ring.h have the orders; internal/pool/payload.go is the same.

       struct payload p;
       payload_init(&p);
       again:
       switch (payload_newest(&ring, file, path, PAYLOAD_COPY, &p)) ...
       RING_OK: make room for p.length bytes; if (!payload_copy(&p, room)) { payload_lapped(&p); goto again; }
       payload_release(&p);

   payload_copy succeeds at once if the value is pinned or was in the slot. Otherwise it fails if the writer has come
   round: the caller looks at signals and its time, and tries again, at last with a pause. It may be called without
   the lock that serialises everything else. */
#ifndef SHM_PAYLOAD_H
#define SHM_PAYLOAD_H

#include "hold.h"
#include "ring.h"

enum payload_use {
    PAYLOAD_COPY, /* for as long as it takes to copy it */
    PAYLOAD_VIEW, /* for any time */
};

struct payload {
    const unsigned char *data; /* NULL: none; of a value that is not pinned: see payload_copy */
    uint64_t length;           /* bytes */
    uint64_t k;                /* its number */
    uint64_t time;             /* CLOCK_MONOTONIC ns */
    struct hold hold;          /* .file NULL: data is words; .entry NULL: not pinned */
    const uint64_t *sequence;  /* of its slot */
    uint64_t lapped;           /* how often it was lapped while it was copied */
    uint64_t words[SHM_INLINE_LIMIT / 8];
};

static inline void
payload_init(struct payload *p)
{
    p->data = NULL;
    p->hold.file = NULL;
    p->lapped = 0;
}

/* Whether data stays what it is until the release. A view of a value that is not must be a copy. */
static inline bool
payload_is_kept(const struct payload *p)
{
    return p->hold.file == NULL || p->hold.entry != NULL;
}

/* These look at a value of file f, hold it if they return RING_OK, and move r to it; otherwise r stays. path is the
   file's name, for the first pin; NULL if the name may be another file's. */
enum ring_read payload_newest(struct ring *r, struct topic_file *f, const char *path, enum payload_use use,
                              struct payload *p);

/* As ring_next. After payload_lapped it goes as many values further, at last to the newest. */
enum ring_read payload_next(struct ring *r, struct topic_file *f, const char *path, enum payload_use use,
                            struct payload *p, uint64_t *lost);

/* The same for value k, but r stays. RING_EMPTY: it is not there, not yet or no longer. */
enum ring_read payload_at(const struct ring *r, struct topic_file *f, const char *path, enum payload_use use,
                          struct payload *p, uint64_t k);

/* Copies the value's length bytes. False: it was overwritten meanwhile; `to` has garbage. */
bool payload_copy(const struct payload *p, void *to);

void payload_release(struct payload *p);

/* Releases a value that was overwritten while it was copied. One that payload_next had taken is lost: the caller
   counts it. */
static inline void
payload_lapped(struct payload *p)
{
    payload_release(p);
    p->lapped++;
}

#endif
