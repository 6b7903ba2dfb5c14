/* What fork() does to this library. internal/forks/forks.go has the protocol: no lock is held while a process
   forks, and neither side waits for the other without limit.

   The handlers are pthread_atfork's, so that they run for every fork(), by any thread. Those of Python,
   os.register_at_fork(before=), would run before other libraries take their locks, and a lock of ours would be
   held until they have them. In the child a handler may only do what is async-signal-safe: the parent may have
   had other threads. Handlers run there in the order of their registration. */
#define _GNU_SOURCE
#include "fork.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

#define MAX_WAIT 1000000000u /* ns */
#define PAUSE 20000u

struct fork_shared fork_shared;
static struct fork_lock *locks;
static long forks;

/* Pauses, and reports whether the caller may wait on. */
static bool
waits_on(uint64_t since)
{
    struct timespec pause = {.tv_nsec = PAUSE};
    nanosleep(&pause, NULL);
    return clock_now(CLOCK_MONOTONIC) - since < MAX_WAIT;
}

void
fork_step_begin(void)
{
    uint64_t since = 0;
    for (;;) {
        __atomic_fetch_add(&fork_shared.steps, 1, __ATOMIC_SEQ_CST);
        if (__builtin_expect(__atomic_load_n(&fork_shared.forking, __ATOMIC_SEQ_CST) <= 0, 1)) {
            return;
        }
        since = since == 0 ? clock_now(CLOCK_MONOTONIC) : since;
        __atomic_fetch_sub(&fork_shared.steps, 1, __ATOMIC_SEQ_CST);
        if (!waits_on(since)) {
            __atomic_fetch_add(&fork_shared.steps, 1, __ATOMIC_SEQ_CST);
            return;
        }
    }
}

void
fork_step_end(void)
{
    __atomic_fetch_sub(&fork_shared.steps, 1, __ATOMIC_SEQ_CST);
}

static void
before_fork(void)
{
    __atomic_fetch_add(&fork_shared.forking, 1, __ATOMIC_SEQ_CST);
    uint64_t since = clock_now(CLOCK_MONOTONIC);
    while (__atomic_load_n(&fork_shared.steps, __ATOMIC_SEQ_CST) > 0 && waits_on(since)) {
    }
}

static void
after_fork_in_parent(void)
{
    __atomic_fetch_sub(&fork_shared.forking, 1, __ATOMIC_SEQ_CST);
}

/* Whether the descriptor still is that file's: the program may have closed it and opened something else under its
   number, even the same file for reading. */
static bool
is_held(const struct fork_held *held, int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == held->dev && st.st_ino == held->ino &&
           (fcntl(fd, F_GETFL) & O_ACCMODE) == held->access;
}

/* A child shares the descriptors of its parent's topics, and with them the locks: if it kept them, a dead parent
   would seem alive. It does not inherit the mappings: mapDontFork in internal/segment. */
static void
close_held(void)
{
    for (struct fork_held_page *page = fork_shared.first; page != NULL; page = page->next) {
        for (size_t i = 0; i < HELD_PER_PAGE; i++) {
            const struct fork_held *held = &page->slots[i];
            int fd = held->fd_plus_1 - 1;
            if (fd >= 0 && is_held(held, fd)) {
                close(fd);
            }
        }
    }
    fork_shared.first = NULL; /* the dead Go runtime's; this process's own makes another */
}

void
fork_lock_add(struct fork_lock *lock)
{
    lock->next = locks;
    lock->link = &locks;
    if (locks != NULL) {
        locks->link = &lock->next;
    }
    locks = lock;
}

void
fork_lock_remove(struct fork_lock *lock)
{
    *lock->link = lock->next;
    if (lock->next != NULL) {
        lock->next->link = lock->link;
    }
}

bool
fork_lock_is_ours(const struct fork_lock *lock)
{
    struct stat st;
    /* Its holder is not shown the lock. Anybody else is: it is held. */
    struct flock held = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = lock->byte, .l_len = 1};
    return fstat(lock->fd, &st) == 0 && st.st_dev == lock->dev && st.st_ino == lock->ino &&
           fcntl(lock->fd, F_OFD_GETLK, &held) == 0 && held.l_type == F_UNLCK;
}

/* The lock is the parent's: unlocking would take it away. */
static void
close_locks(void)
{
    for (struct fork_lock *lock = locks; lock != NULL; lock = lock->next) {
        if (fork_lock_is_ours(lock)) {
            close(lock->fd);
        }
        lock->fd = -1;
    }
    locks = NULL;
}

static void
after_fork_in_child(void)
{
    forks++;
    fork_shared.forking = fork_shared.steps = 0; /* of threads that do not exist here */
    close_held();
    close_locks();
}

int
fork_init(void)
{
    return pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

long
fork_count(void)
{
    return forks;
}
