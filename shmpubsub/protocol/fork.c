/* What fork() does to this library. internal/forks/forks.go has the protocol: no lock is held while a process
   forks, and neither side waits for the other without end.

   These are pthread_atfork's handlers, so that they run for every fork(), whoever calls it; a thread without the
   GIL may. Those of Python, os.register_at_fork(before=), would run before the locks of others are taken, and a
   lock of ours would be held until they are. */
#define _GNU_SOURCE
#include "fork.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 1000000000u /* ns */
#define PAUSE 20000u

struct shm_fork shm_fork;
static long forks;

static uint64_t
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool
waits_on(uint64_t since)
{
    struct timespec pause = {.tv_nsec = PAUSE};
    nanosleep(&pause, NULL);
    return now() - since < PATIENCE;
}

void
fork_step_begin(void)
{
    uint64_t since = 0;
    for (;;) {
        __atomic_fetch_add(&shm_fork.steps, 1, __ATOMIC_SEQ_CST);
        if (__builtin_expect(__atomic_load_n(&shm_fork.forking, __ATOMIC_SEQ_CST) <= 0, 1)) {
            return;
        }
        since = since == 0 ? now() : since;
        __atomic_fetch_sub(&shm_fork.steps, 1, __ATOMIC_SEQ_CST);
        if (!waits_on(since)) {
            __atomic_fetch_add(&shm_fork.steps, 1, __ATOMIC_SEQ_CST);
            return;
        }
    }
}

void
fork_step_end(void)
{
    __atomic_fetch_sub(&shm_fork.steps, 1, __ATOMIC_SEQ_CST);
}

static void
before_fork(void)
{
    __atomic_fetch_add(&shm_fork.forking, 1, __ATOMIC_SEQ_CST);
    uint64_t since = now();
    while (__atomic_load_n(&shm_fork.steps, __ATOMIC_SEQ_CST) > 0 && waits_on(since)) {
    }
}

static void
after_fork_in_parent(void)
{
    __atomic_fetch_sub(&shm_fork.forking, 1, __ATOMIC_SEQ_CST);
}

/* Whether the descriptor still is that file's: the program may have closed it, and opened another under its number, a
   reader's of the same file perhaps. */
static bool
is_held(const struct shm_held *held, int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == held->dev && st.st_ino == held->ino &&
           (fcntl(fd, F_GETFL) & O_ACCMODE) == held->access;
}

/* A child shares the descriptor, and with it the lock, of each of its parent's topics: if it kept them, a dead
   parent would look alive. The mappings are not inherited: mapForOneself in internal/segment. */
static void
close_held(void)
{
    for (struct shm_held_page *page = shm_fork.first; page != NULL; page = page->next) {
        for (size_t i = 0; i < HELD_PER_PAGE; i++) {
            const struct shm_held *held = &page->slots[i];
            int fd = held->fd_plus_1 - 1;
            if (fd >= 0 && is_held(held, fd)) {
                close(fd);
            }
        }
    }
    shm_fork.first = NULL; /* the dead Go runtime's; this process's own makes another */
}

static void
after_fork_in_child(void)
{
    forks++;
    shm_fork.forking = shm_fork.steps = 0; /* of threads that are not here */
    close_held();
    end_forked();
    registry_forked();
    watcher_forked();
}

int
shm_fork_init(void)
{
    return pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

long
shm_forks_so_far(void)
{
    return forks;
}
