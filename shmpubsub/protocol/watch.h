/* Descriptors that become readable when a topic has something new: watch.c. */
#ifndef SHM_WATCH_H
#define SHM_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "identity.h"
#include "layout.h"

/* What is watched. */
struct watch_target {
    uint32_t *word;          /* the wait word; NULL: it may not be written, look again and again */
    struct shm_state *state; /* NULL: nothing to read, look at the name */
    const char *path;        /* what the name is */
    int fd;                  /* the file's, to ask after its publisher */
    dev_t dev;               /* and which file that is; 0, 0 without one */
    ino_t ino;
    struct shm_identity strange; /* what the name is and nobody is to be told of; .ino 0: nothing */
};

struct watch;

int watch_new(struct watch **made);
void watch_hold(struct watch *w);
void watch_release(struct watch *w);
int watch_fd(const struct watch *w);
bool watch_fd_is_ours(const struct watch *w);
void watch_arm(struct watch *w, const struct watch_target *target, uint64_t seen);
void watch_detach(struct watch *w);
void watch_end(struct watch *w);

#endif
