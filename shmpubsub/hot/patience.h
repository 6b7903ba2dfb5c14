/* How long a reader that cannot pin tries, while each value is overwritten as it copies. */
#ifndef SHM_PATIENCE_H
#define SHM_PATIENCE_H

#include "subscriber_object.h"

struct patience {
    uint64_t deadline; /* CLOCK_MONOTONIC ns; UINT64_MAX: none; 0: PATIENCE after it was lapped first, with an error */
    uint64_t pause;    /* ns: the last one */
    unsigned long tries;
    bool raises;
};

#define PATIENCE 1000000000u

/* A value was overwritten while it was copied. 1: try again; 0: the given deadline has passed; -1 with an error set,
   also if s was opened again since open_epoch. Signal handlers run, and other threads: everything may have changed. */
int patience_lapped(struct patience *p, Subscriber *s, uint64_t open_epoch);

#endif
