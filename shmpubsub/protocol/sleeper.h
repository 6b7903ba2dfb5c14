/* Threads that sleep on one word each, on a kernel without futex_waitv. */
#ifndef SHM_SLEEPER_H
#define SHM_SLEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "watch_entry.h"

#define SLEEPERS_MAX 8

/* All of these under notifier_mutex. */

/* Makes a thread sleep on the word of w's target, or on none if it has none. Returns whether one does: there may be too
   many, or the system may refuse another. */
bool sleeper_serve(struct watch *w, uint64_t now);

/* w ends. */
void sleeper_end(struct watch *w);

/* In a forked child, which has no such threads: before the first watch, and for each. */
void sleepers_forked(void);
void sleeper_forked(struct watch *w);

#endif
