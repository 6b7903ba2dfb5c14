/* Times in ns, and how long who waits pauses where nobody wakes him: ever longer, from the first to the last. */
#ifndef SHM_PAUSE_H
#define SHM_PAUSE_H

#include <stdint.h>
#include <time.h>

#include "layout.h"

/* Of SHM_DEATH_SHOWS, what is left for waking up and asking; and how far the coarse clock lags, at 100 Hz. */
#define AWAKE 10000000u
#define COARSE_TICK 10000000u

/* How long after the last question the publisher is asked after again, ns, by CLOCK_MONOTONIC and by the coarse
   clock: whoever slept for the first finds the second over. They are compared with differences: a child forked into
   another time namespace may find that the last question lies in its future. */
#define ASK_EVERY (SHM_DEATH_SHOWS - AWAKE)
#define CHECK_EVERY (ASK_EVERY - COARSE_TICK)

#define FIRST_POLL 50000u    /* between looks at head */
#define LAST_POLL 1000000u
#define FIRST_LOOK 1000000u  /* between looks at the name */
#define LAST_LOOK 20000000u

static inline uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long to sleep at most, ns, where the publisher was asked after at a time of the coarse clock. */
static inline uint64_t
until_asking(uint64_t asked_at, uint64_t now)
{
    uint64_t since = now - asked_at;
    return since < ASK_EVERY ? ASK_EVERY - since : 0;
}

static inline struct timespec
timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
}

#endif
