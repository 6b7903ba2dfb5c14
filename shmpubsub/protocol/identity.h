/* Which file this is, of all that have had its inode number: chown and chmod change the time too. */
#ifndef SHM_IDENTITY_H
#define SHM_IDENTITY_H

#include <stdbool.h>
#include <sys/stat.h>

struct identity {
    dev_t dev;
    ino_t ino;
    struct timespec changed;
};

static inline struct identity
identity_of(const struct stat *st)
{
    return (struct identity){.dev = st->st_dev, .ino = st->st_ino, .changed = st->st_ctim};
}

static inline bool
identity_same(const struct identity *a, const struct identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

#endif
