/* What watch.c, a subscriber's side, and watcher.c, the thread's, share. */
#ifndef SHM_WATCHER_H
#define SHM_WATCHER_H

#include <pthread.h>
#include <stdbool.h>

#include "futexv.h"
#include "watch.h"

#define WATCHER_MOST (FUTEXV_MOST - 1) /* one is the control word */

#define STRANGE_FOR 1000000000u /* ns: so often a stranger's file costs a wake-up for nothing */

enum watch_state { ARMED, SIGNALLED };

struct watch {
    enum watch_state state;
    int fd;
    dev_t dev; /* of fd: see watch_fd_is_ours */
    ino_t ino;
    int holders;             /* by the GIL, not the mutex */
    struct watcher *watcher; /* NULL: ended */
    unsigned place;          /* in its list */
    bool listed;             /* the watcher sleeps on this target's word, or is about to */
    bool asked;              /* after the publisher of this target */
    bool dead;               /* it was, when it was last asked after */
    struct watch_target target;
    uint64_t seen;           /* head, when it was armed */
    uint64_t look_at;        /* the name, next time, CLOCK_MONOTONIC ns */
    uint64_t look_every;
    uint64_t strange_until;  /* then the subscriber judges it again */
};

struct watcher {
    struct watcher *next;
    uint32_t control; /* moves on when the list is not what the thread sleeps on */
    bool running;     /* not in a forked child, until it is needed */
    unsigned count;
    uint64_t ask_at;  /* after publishers, next time */
    uint64_t poll_every;
    uint64_t until;   /* it sleeps that long at most */
    struct watch *watches[WATCHER_MOST];
};

/* Over all of it. Held for no longer than it takes to look at some words of memory. A fork does not take it: the
   lists that its child walks change in steps of fork.h. */
extern pthread_mutex_t watch_mutex;

void watch_signal(struct watch *w);
void watch_forked(struct watch *w);
bool watch_has_news(const struct watch *w);

int watcher_join(struct watch *w);
int watcher_start(struct watcher *r);
void watcher_kick(struct watcher *r);
void watcher_leave(struct watch *w);
void watcher_look_soon(struct watch *w, uint64_t now);
bool watcher_polls(const struct watch *w);
uint64_t watcher_now(void);

static inline bool
watch_needs_looks(const struct watch *w)
{
    return w->target.state == NULL || w->dead;
}

#endif
