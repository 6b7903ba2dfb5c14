/* How long a reader that cannot pin goes on while values are overwritten under its hands. */
#ifndef SHM_PATIENCE_H
#define SHM_PATIENCE_H

#include "hot.h"

struct patience {
    uint64_t deadline; /* CLOCK_MONOTONIC ns; UINT64_MAX: none; 0: PATIENCE after it was lapped first */
    uint64_t pause;    /* ns: the last one */
    unsigned long tries;
};

#define PATIENCE 1000000000u

/* The value was overwritten while it was copied. 1: try again; 0: the time is up; -1 with an error set. Signal handlers
   run, and other threads: everything may have changed afterwards. */
int patience_lapped(struct patience *p);

#endif
