/* Times in ns, and how long who waits pauses where nobody wakes him: ever longer, from the first to the last. */
#ifndef SHM_PAUSE_H
#define SHM_PAUSE_H

#include <stdint.h>
#include <time.h>

#define SLICE 100000000u     /* of a wait, ns: then the publisher is asked after */
#define FIRST_POLL 50000u    /* between looks at head */
#define LAST_POLL 1000000u
#define FIRST_LOOK 1000000u  /* between looks at the name */
#define LAST_LOOK 20000000u

static inline uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline struct timespec
timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
}

#endif
