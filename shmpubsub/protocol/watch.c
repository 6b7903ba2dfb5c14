/* A descriptor per subscriber, its bell, that is readable while there may be something new. Publishers only
   wake futexes; what turns that into a readable descriptor is a thread of this process, a watcher, that
   sleeps on up to 127 topics' wait words at once and never takes the GIL. There is none before a program
   asks for a descriptor.

   A watch is ARMED (its subscriber has seen everything; tell it of what comes) or SIGNALLED (it was told). The
   descriptor is readable exactly while it is SIGNALLED. A subscriber that finds its ring empty arms it. All
   of it is under one mutex, but sleeping.

   arm                                        watcher, again and again
   A1  announce on the word                   W1  every ARMED one: head beyond seen, or retired: signal
   A2  head beyond seen, or retired:              else announce, and look again
         stay SIGNALLED                       W2  list each word with its value: of an ARMED one what was
   A3  else drain the descriptor, ARMED           announced, of a SIGNALLED one what it is
   A4  the word is not listed: move the       W3  list the control word
         control word on, and wake            W4  without the mutex: futex_waitv, at most a slice

   No wake-up is lost (docs/models/watch.pml): a value published after A2 meets the announcement, as any
   waiter's, so its publisher moves the epoch on and wakes. Either the watcher sleeps on the word by then and is
   woken, also where the word was listed as a SIGNALLED one's; or it does not, and then the value of W2 is no
   longer the word's and futex_waitv returns. Arming therefore wakes nobody, save when the word is new (A4).

   A SIGNALLED watch is not announced for: a publisher that is faster than its reader pays for one wake
   per arming, at worst three, and not for one per value.

   What no wake tells of is looked for: whether a publisher has died (every slice), and, where it has
   or where there is no file, whether the name points at another file. One that its subscriber does not trust is
   none, until the subscriber judges it again: every second it is woken for that. What may not be written is polled,
   and so is everything on a kernel without futex_waitv. */
#define _GNU_SOURCE /* dup3 */
#include "notifier.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "eventcount.h"
#include "backoff.h"

pthread_mutex_t watch_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Returns a descriptor that is readable once it is rung, or -1 with errno set. It is a pipe, whose inode no other
   descriptor has: all eventfds share one, with every epoll and timer, so that one of the program's would not be told
   from ours. It is an eventfd where there is no /proc, or a single number left. Async-signal-safe. */
static int
new_bell(void)
{
    int ends[2], fd = -1;
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0) {
        char path[32] = "/proc/self/fd/", digits[16], *end = path + strlen(path);
        int n = 0;
        for (int number = ends[0]; n == 0 || number > 0; number /= 10) {
            digits[n++] = (char)('0' + number % 10);
        }
        while (n > 0) {
            *end++ = digits[--n];
        }
        fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* both ends in one */
        close(ends[0]);
        close(ends[1]);
    }
    if (fd < 0) {
        return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    }
    (void)fcntl(fd, F_SETPIPE_SZ, 4096); /* of the pages that a user's pipes may have, it takes one */
    return fd;
}

static void
ring_bell(int fd)
{
    uint64_t one = 1; /* as an eventfd has it */
    (void)!write(fd, &one, sizeof one);
}

/* Whether the number still is the bell's: who closed all descriptors, as daemons do, may have a file under it. */
bool
watch_fd_is_ours(const struct watch *w)
{
    struct stat st;
    return fstat(w->fd, &st) == 0 && st.st_dev == w->dev && st.st_ino == w->ino;
}

int
watch_fd(const struct watch *w)
{
    return w->fd;
}

static void
set_state(struct watch *w, enum watch_state state)
{
    __atomic_store_n(&w->state, state, __ATOMIC_RELAXED);
}

void
watch_signal(struct watch *w)
{
    if (w->state == ARMED) {
        set_state(w, SIGNALLED);
        if (watch_fd_is_ours(w)) {
            ring_bell(w->fd);
        }
    }
}

static void
drain(struct watch *w)
{
    uint64_t count;
    if (watch_fd_is_ours(w)) {
        (void)!read(w->fd, &count, sizeof count);
    }
}

/* Whether there is something to tell. seq_cst: it is a waiter's second look. */
bool
watch_has_news(const struct watch *w)
{
    const struct shm_state *state = w->target.state;
    return state != NULL && (__atomic_load_n(&state->head, __ATOMIC_SEQ_CST) != w->seen ||
                             __atomic_load_n(&state->retired, __ATOMIC_SEQ_CST) != 0);
}

/* Takes fd for w's bell, and rings it. Returns 0 or an errno. */
static int
take_bell(struct watch *w, int fd)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return errno;
    }
    w->fd = fd;
    w->dev = st.st_dev;
    w->ino = st.st_ino;
    ring_bell(fd);
    return 0;
}

/* w's bell, which is the parent's, is made again under its number. */
void
watch_forked(struct watch *w)
{
    w->listed = w->dead = false;
    w->target = (struct watch_target){.fd = -1}; /* it may have been half set */
    set_state(w, SIGNALLED);
    if (!watch_fd_is_ours(w)) {
        return;
    }
    int number = w->fd;
    close(number); /* first, so that there is a number left */
    int fd = new_bell();
    if (fd >= 0 && fd != number) {
        int moved = dup3(fd, number, O_CLOEXEC);
        close(fd);
        fd = moved;
    }
    (void)take_bell(w, fd);
}

/* Returns 0 or an errno. The watch is SIGNALLED and has one holder. */
int
watch_new(struct watch **made)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return ENOMEM;
    }
    w->state = SIGNALLED;
    w->holders = 1;
    w->fd = -1;
    int failure = take_bell(w, new_bell());
    if (failure == 0) {
        pthread_mutex_lock(&watch_mutex);
        failure = watcher_join(w);
        pthread_mutex_unlock(&watch_mutex);
    }
    if (failure != 0) {
        if (w->fd >= 0) {
            close(w->fd);
        }
        free(w);
        w = NULL;
    }
    *made = w;
    return failure;
}

/* Whoever has the descriptor registered somewhere holds the watch: its number is not used again meanwhile. */
void
watch_hold(struct watch *w)
{
    w->holders++;
}

void
watch_release(struct watch *w)
{
    if (--w->holders > 0) {
        return;
    }
    watch_end(w);
    if (watch_fd_is_ours(w)) {
        close(w->fd);
    }
    free(w);
}

/* Nothing is new beyond head `seen` of the target: w is told of what comes. Without a system call where it
   was not told since. */
void
watch_arm(struct watch *w, const struct watch_target *target, uint64_t seen)
{
    const struct watch_target *old = &w->target;
    bool same = old->word == target->word && old->state == target->state && old->dev == target->dev &&
                old->ino == target->ino && old->path == target->path && identity_same(&old->strange, &target->strange);
    /* A watcher may be about to tell: then it tells of something. */
    if (same && w->seen == seen && __atomic_load_n(&w->state, __ATOMIC_RELAXED) == ARMED) {
        return;
    }
    pthread_mutex_lock(&watch_mutex);
    struct watcher *r = w->watcher;
    if (r != NULL) {
        if (!same) {
            w->target = *target;
            w->listed = false;
            w->asked = w->dead = false;
        }
        w->seen = seen;
        if (target->word != NULL) {
            (void)eventcount_announce(target->word);
        }
        if (watch_has_news(w)) {
            watch_signal(w);
        }
        /* Where it cannot have a thread, in a forked child, it stays readable: that is polling. */
        else if (r->running || watcher_start(r) == 0) {
            if (w->state == SIGNALLED) {
                drain(w);
                set_state(w, ARMED);
            }
            uint64_t now = watch_needs_looks(w) || watcher_polls(w) ? watcher_now() : 0, by = UINT64_MAX;
            if (watch_needs_looks(w)) {
                watcher_look_soon(w, now);
                w->strange_until = now + STRANGE_FOR;
                by = w->look_at;
            }
            else if (watcher_polls(w)) {
                r->poll_every = FIRST_POLL;
                by = now + FIRST_POLL;
            }
            if ((target->word != NULL && !w->listed) || r->until > by) {
                watcher_kick(r);
            }
        }
    }
    pthread_mutex_unlock(&watch_mutex);
}

/* The target is about to be unmapped, closed or freed. The watcher may sleep on its word still: the kernel's
   queue knows it by the file, and where it is another mapping's by then, a wake too many is all there is. */
void
watch_detach(struct watch *w)
{
    pthread_mutex_lock(&watch_mutex);
    watch_signal(w);
    w->listed = false;
    w->target = (struct watch_target){.fd = -1};
    pthread_mutex_unlock(&watch_mutex);
}

/* The subscriber is closed: whoever holds w finds it readable. */
void
watch_end(struct watch *w)
{
    watch_detach(w);
    pthread_mutex_lock(&watch_mutex);
    if (w->watcher != NULL) {
        watcher_leave(w);
    }
    pthread_mutex_unlock(&watch_mutex);
}
