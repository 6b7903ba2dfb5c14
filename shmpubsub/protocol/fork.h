/* What a fork may not see half done: fork.c. */
#ifndef SHM_FORK_H
#define SHM_FORK_H

#include <stddef.h>
#include <stdint.h>

/* A file whose lock no child may keep: slot in internal/forks/table.go. */
struct shm_held {
    int32_t fd_plus_1; /* 0: the slot is free */
    int32_t access;    /* how it was opened: O_RDWR and the like */
    uint64_t dev, ino; /* of that file */
};

#define HELD_PER_PAGE ((4096 - 8) / sizeof(struct shm_held))

struct shm_held_page {
    struct shm_held_page *next;
    struct shm_held slots[HELD_PER_PAGE];
};

/* Shared in internal/forks/forks.go, where the protocol is. */
struct shm_fork {
    int32_t forking;             /* forks under way */
    int32_t steps;               /* what they wait for */
    struct shm_held_page *first; /* made and filled by Go */
};

_Static_assert(sizeof(struct shm_held) == 24 && offsetof(struct shm_held, dev) == 8, "slot in table.go");
_Static_assert(HELD_PER_PAGE == 170 && offsetof(struct shm_held_page, slots) == 8, "page in table.go");
_Static_assert(sizeof(struct shm_fork) == 16 && offsetof(struct shm_fork, first) == 8, "Shared in forks.go");

extern struct shm_fork shm_fork;

/* Returns 0 or an errno. */
int shm_fork_init(void);

/* How many forks lie between this process and the one that loaded the library. */
long shm_forks_so_far(void);

/* Around what changes a list that a child walks. No longer than it takes, never one within another, and
   nothing of Python's between. */
void fork_step_begin(void);
void fork_step_end(void);

/* In the child of a fork: only what is async-signal-safe, as the parent may have had other threads. */
void end_forked(void);
void registry_forked(void);
void watcher_forked(void);

#endif
