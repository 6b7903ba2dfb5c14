/* One watched subscriber, with the descriptor that becomes readable: watch.c has the protocol. */
#ifndef SHM_WATCH_ENTRY_H
#define SHM_WATCH_ENTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "identity.h"
#include "layout.h"
#include "wait_page.h"

struct watch_target {
    struct wait_page *wait; /* with the word; NULL: it cannot be written, poll */
    struct ring_head *head; /* NULL: nothing to read, look at the name */
    const char *path;       /* the name */
    int fd;                 /* the file's, to check its publisher */
    dev_t dev;              /* of that file; 0, 0: none */
    ino_t ino;
    struct identity untrusted; /* what the name points at and is ignored for now; .ino 0: nothing */
};

/* Guards all notifiers and watches. Held only to look at some words of memory. A fork does not take it: the lists
   that its child walks change in steps of fork.h. */
extern pthread_mutex_t notifier_mutex;

enum watch_state { ARMED, SIGNALLED };

struct notifier;
struct sleeper;

struct watch {
    enum watch_state state;
    int fd;    /* readable while SIGNALLED */
    dev_t dev; /* of fd: see watch_fd_is_ours */
    ino_t ino;
    int holders;               /* serialised by the callers, not by the mutex */
    struct notifier *notifier; /* NULL: ended */
    unsigned index;            /* in its list */
    struct sleeper *sleeper;   /* NULL: none */
    bool listed;               /* a thread sleeps on this target's word, or is about to */
    bool checked;              /* this target's publisher was */
    bool dead;                 /* it was, at the last check */
    bool told;                 /* somebody reports each change of the name: watch_renamed */
    bool renamed;              /* it has changed since the subscriber last looked at it */
    bool named;                /* told, and the name is the target's or nobody's: no need to look */
    struct watch_target target;
    uint64_t seen;     /* head, when the watch was armed */
    uint64_t look_at;  /* when to look at the name next, CLOCK_MONOTONIC ns */
    uint64_t look_interval;
    uint64_t untrusted_until; /* then the subscriber checks it again */
};

/* Returns a descriptor that is readable once it was written, or -1 with errno set: a pipe, as no other descriptor has
   its inode. (All eventfds, epolls and timers share one, so that the program's could not be distinguished.) It is an
   eventfd if there is no /proc or only one free number. Async-signal-safe. */
int watch_new_descriptor(void);

/* Makes the watch SIGNALLED, with a new readable descriptor. Returns 0 or an errno. */
int watch_entry_init(struct watch *w);

/* Whether the number still is this descriptor's: a program that closed all descriptors, as daemons do, may have
   another file under it. */
bool watch_fd_is_ours(const struct watch *w);

void watch_set_signalled(struct watch *w);
void watch_set_armed(struct watch *w);

/* Whether there is something to signal. seq_cst: it is a waiter's second look. */
bool watch_has_news(const struct watch *w);

/* W1 and W2 of one watch that has a word: signals if there is something new, and returns the value to sleep on. */
uint32_t watch_list(struct watch *w);

/* In a forked child, whose descriptor is its parent's: replaces it under the same number. Async-signal-safe. */
void watch_entry_forked(struct watch *w);

/* Nothing wakes the notifier when the name moves on. An untrusted file is looked at again, whatever happens to it. */
static inline bool
watch_needs_looks(const struct watch *w)
{
    return (w->target.head == NULL || w->dead) && (!w->named || w->target.untrusted.ino != 0);
}

#endif
