/* What keeps a value in place while it is copied or looked at: a use of its file, and its pin. */
#ifndef SHM_HOLD_H
#define SHM_HOLD_H

#include "topic_file.h"

/* Small and without pointers to itself: an object may keep a copy, and release it when it goes, in a forked child
   too. */
struct hold {
    struct topic_file *file; /* NULL: nothing is held */
    uint64_t *entry;         /* NULL: not pinned */
    long forks;              /* fork_count() when it was pinned */
};

static inline struct hold
hold_file(struct topic_file *f, uint64_t *entry)
{
    f->users++;
    return (struct hold){.file = f, .entry = entry, .forks = fork_count()};
}

/* Serialised with all calls on the file. A second release does nothing. A child's leaves the pin to its parent: the
   child has not even the table. */
static inline void
hold_release(struct hold *h)
{
    struct topic_file *f = h->file;
    if (f != NULL) {
        if (h->entry != NULL && h->forks == fork_count()) {
            pins_clear(h->entry);
        }
        *h = (struct hold){0};
        topic_file_release(f);
    }
}

#endif
