/* What a fork must not see half done: fork.c. */
#ifndef SHM_FORK_H
#define SHM_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file whose lock no child may keep: slot in internal/forks/table.go. */
struct fork_held {
    int32_t fd_plus_1; /* 0: the slot is free */
    int32_t access;    /* how the file is open: O_RDWR and the like */
    uint64_t dev, ino; /* of that file */
};

/* Where the kernel's pages are larger, their rest is unused. */
#define HELD_PER_PAGE ((4096 - 8) / sizeof(struct fork_held))

struct fork_held_page {
    struct fork_held_page *next;
    struct fork_held slots[HELD_PER_PAGE];
};

/* Shared in internal/forks/forks.go, which has the protocol. */
struct fork_shared {
    int32_t forking;              /* forks under way */
    int32_t steps;                /* what they wait for */
    struct fork_held_page *first; /* made and filled by Go */
};

_Static_assert(sizeof(struct fork_held) == 24 && offsetof(struct fork_held, dev) == 8, "slot in table.go");
_Static_assert(HELD_PER_PAGE == 170 && offsetof(struct fork_held_page, slots) == 8, "page in table.go");
_Static_assert(sizeof(struct fork_shared) == 16 && offsetof(struct fork_shared, first) == 8, "Shared in forks.go");

extern struct fork_shared fork_shared;

/* A descriptor of C's own that has a lock on one byte of a file, which no child may keep. */
struct fork_lock {
    int fd; /* -1: none */
    dev_t dev;
    ino_t ino;
    off_t byte;
    struct fork_lock *next, **link;
};

/* Within a step, as is what opens and closes the descriptor. In a child the descriptor is closed, and fd is -1. The
   caller serialises the calls for all locks. */
void fork_lock_add(struct fork_lock *lock);
void fork_lock_remove(struct fork_lock *lock);

/* Whether the descriptor still has the lock: the program may have closed it and have another under its number, even
   one of the same file. */
bool fork_lock_is_ours(const struct fork_lock *lock);

/* Returns 0 or an errno. To be called before anything else registers a handler of forks. */
int fork_init(void);

/* How many forks lie between this process and the one that loaded the library. */
long fork_count(void);

/* Enclose every change to a list that a child walks. A step is short, never nested, and calls no Python. */
void fork_step_begin(void);
void fork_step_end(void);

#endif
