/* Descriptors that become readable when a topic has something new: watch.c. */
#ifndef SHM_WATCH_H
#define SHM_WATCH_H

#include <stdint.h>

#include "watch_entry.h"

/* The caller serialises watch_new, _hold and _release, and all calls on one watch. */

/* Returns 0 or an errno. The watch is SIGNALLED and has one holder. */
int watch_new(struct watch **made);

/* Anything that has the descriptor registered must hold the watch: its number is not used again meanwhile. */
void watch_hold(struct watch *w);
void watch_release(struct watch *w);

/* The subscriber has seen all up to head `seen` of the target: signal what comes after it. Without a system call if
   nothing was signalled since the last time. */
void watch_arm(struct watch *w, const struct watch_target *target, uint64_t seen);

/* Signals, as the target is about to be unmapped, closed or freed, or has something to take again. NULL: nothing. */
void watch_detach(struct watch *w);

/* Says whether watch_renamed will be called after every change of the name: then neither the name nor the publisher's
   lock is looked at while the name is the target's or nobody's. */
void watch_tell(struct watch *w, bool told);

/* The name has changed: signals, for the subscriber to look at it. */
void watch_renamed(struct watch *w);

/* Whether the subscriber, which is about to arm, must say what the name is now. */
bool watch_asks_name(const struct watch *w);

/* The answer: whether the name may point at another file than the target. */
void watch_set_name(struct watch *w, bool elsewhere);

/* The subscriber is closed: the descriptor stays readable. */
void watch_end(struct watch *w);

#endif
