/* The thread that sleeps for the watches. */
#ifndef SHM_NOTIFIER_H
#define SHM_NOTIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "futexv.h"
#include "watch_entry.h"

#define NOTIFIER_MAX (FUTEXV_MAX - 1) /* one is the control word */

struct notifier {
    struct notifier *next;
    uint32_t control; /* changes when the list is not what the thread sleeps on */
    bool running;     /* false in a forked child, until it is needed */
    unsigned count;
    uint64_t check_at; /* when to check publishers next */
    uint64_t poll_interval;
    uint64_t until;   /* it sleeps no longer */
    struct watch *watches[NOTIFIER_MAX];
};

/* Returns 0 or an errno. After fork_init. */
int notifier_init(void);

/* Gives w a place in a notifier with a thread. Returns 0 or an errno. */
int notifier_add(struct watch *w);
void notifier_remove(struct watch *w);

/* Starts the thread. Returns 0 or an errno. */
int notifier_start(struct notifier *n);

/* Makes the thread look at its list again. */
void notifier_wake(struct notifier *n);

/* Looks at the name soon, and less and less often. */
void notifier_look_soon(struct watch *w, uint64_t now);

/* Whether nothing wakes the thread when the target has a new value. */
bool notifier_polls(const struct watch *w);

#endif
