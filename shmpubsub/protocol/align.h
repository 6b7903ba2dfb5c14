/* Samples that belong together: of several rings one value each, within a tolerance. It works on the slots' times, so
   that nothing is queued and no payload is copied for it.

   The candidates of a topic are the kept values that are later than its value in the last set; of several with one time
   only the last. They are in order of time.

   The pivot is found by a sweep. All topics begin at their newest candidate; while the latest is more than the tolerance
   after the earliest, it goes back to its newest candidate that is not. If two sets are within the tolerance, so is the
   one of the later candidate of each topic: a sweep from above that never passes by such a set ends at the latest of
   them. Its earliest time is the pivot's, m; the pivot is a candidate at m, of the first topic that has one.

   The set is the one of least spread that has the pivot. If t is its earliest time, every other topic's value is its
   first candidate at or after t. So t goes back from m, candidate by candidate, as long as m - t, which the spread cannot
   fall below, is less than the best spread so far.

   If there is no set, align_await says whose next value may complete one. A value of another topic cannot: it is not
   before that topic's newest time, which is already more than the tolerance after the newest time of the topic that is
   furthest behind. Nor has any later set a candidate that is more than the tolerance before the latter: `floor`. */
#ifndef SHM_ALIGN_H
#define SHM_ALIGN_H

#include "times.h"

struct align_topic {
    struct ring ring;     /* .mapped NULL: nothing to read */
    uint64_t after;       /* the time of its value in the last set; 0: there was none */
    uint64_t head;        /* as it was when its candidates were looked for */
    uint64_t first;       /* they are among values first to head; head + 1: there is none */
    uint64_t newest;      /* time of value head */
    uint64_t k, time;     /* its value in the set */
    uint64_t at, at_time; /* the same while a better set is looked for */
    bool awaited;         /* its next value may complete a set */
};

/* Looks for the candidates. Those before `from`, and those at `until` and later, are left out. */
void align_look(struct align_topic *t, uint64_t from, uint64_t until);

/* Finds the set: each topic's k and time. Tolerance and times are less than 2^63 ns. */
bool align_find(struct align_topic *topics, long n, uint64_t tolerance);

/* There was no set: sets `awaited`, of one topic at least, and *floor. */
void align_await(struct align_topic *topics, long n, uint64_t tolerance, uint64_t *floor);

/* Latest less earliest time of the set, ns. */
uint64_t align_spread(const struct align_topic *topics, long n);

#endif
