/* Which file something is, and which of those that have had its number: changing whose it is, or its mode, moves the
   time on. */
#ifndef SHM_IDENTITY_H
#define SHM_IDENTITY_H

#include <stdbool.h>
#include <sys/stat.h>

struct shm_identity {
    dev_t dev;
    ino_t ino;
    struct timespec changed;
};

static inline struct shm_identity
identity_of(const struct stat *st)
{
    return (struct shm_identity){.dev = st->st_dev, .ino = st->st_ino, .changed = st->st_ctim};
}

static inline bool
identity_same(const struct shm_identity *a, const struct shm_identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

#endif
