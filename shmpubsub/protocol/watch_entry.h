/* One watched subscriber, with the descriptor that becomes readable: watch.c has the protocol. */
#ifndef SHM_WATCH_ENTRY_H
#define SHM_WATCH_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "identity.h"
#include "layout.h"

struct watch_target {
    uint32_t *word;         /* the wait word; NULL: it cannot be written, poll */
    struct ring_head *head; /* NULL: nothing to read, look at the name */
    const char *path;       /* the name */
    int fd;                 /* the file's, to check its publisher */
    dev_t dev;              /* of that file; 0, 0: none */
    ino_t ino;
    struct identity untrusted; /* what the name points at and is ignored for now; .ino 0: nothing */
};

enum watch_state { ARMED, SIGNALLED };

struct notifier;

struct watch {
    enum watch_state state;
    int fd;    /* readable while SIGNALLED */
    dev_t dev; /* of fd: see watch_fd_is_ours */
    ino_t ino;
    int holders;               /* serialised by the callers, not by the mutex */
    struct notifier *notifier; /* NULL: ended */
    unsigned index;            /* in its list */
    bool listed;               /* the notifier sleeps on this target's word, or is about to */
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

/* In a forked child, whose descriptor is its parent's: replaces it under the same number. Async-signal-safe. */
void watch_entry_forked(struct watch *w);

/* Nothing wakes the notifier when the name moves on. An untrusted file is looked at again, whatever happens to it. */
static inline bool
watch_needs_looks(const struct watch *w)
{
    return (w->target.head == NULL || w->dead) && (!w->named || w->target.untrusted.ino != 0);
}

#endif
