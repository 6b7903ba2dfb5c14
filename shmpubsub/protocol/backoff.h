/* How often a waiting subscriber checks that its publisher lives, and how often it polls if nobody can wake it:
   less and less often, from FIRST_ to LAST_. */
#ifndef SHM_BACKOFF_H
#define SHM_BACKOFF_H

#include <stdint.h>

#include "layout.h"

#define WAKE_MARGIN 10000000u /* the part of SHM_DETECTION_TIME for waking up and checking */
#define COARSE_TICK 10000000u /* how far the coarse clock lags, at 100 Hz */

/* The time between two checks, ns, by CLOCK_MONOTONIC and by the coarse clock: a waiter that slept for the first
   finds the second over. Compare differences: a child forked into another time namespace may find the last check
   in its future. */
#define CHECK_INTERVAL (SHM_DETECTION_TIME - WAKE_MARGIN)
#define COARSE_CHECK_INTERVAL (CHECK_INTERVAL - COARSE_TICK)

#define FIRST_POLL 50000u    /* of head */
#define LAST_POLL 1000000u
#define FIRST_LOOK 1000000u  /* at the name */
#define LAST_LOOK 20000000u

static inline uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long a waiter may sleep, ns, if the last check was at checked_at, of the coarse clock. */
static inline uint64_t
until_check(uint64_t checked_at, uint64_t now)
{
    uint64_t since = now - checked_at;
    return since < CHECK_INTERVAL ? CHECK_INTERVAL - since : 0;
}

#endif
