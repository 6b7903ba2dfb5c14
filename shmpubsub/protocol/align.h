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

   If there is no set, align_await says whose next value has to come first. If a topic has no candidate, it is that one.
   Otherwise it is the topic that is furthest behind: the earliest of the topics' newest times is its own, m. A later set
   with a value of it that is there already, or with a value of any topic before m, would begin at m or before. Put the
   topics' newest values in the places of its new ones: they are not before m, nor after those, so that it would still be
   within the tolerance, and have been found. So every later set has a new value of this topic, and none of its values is
   before m, which is `floor`: a waiter need not be woken for any other topic. */
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
};

/* Looks for the candidates. Those before `from`, and those at `until` and later, are left out. */
void align_look(struct align_topic *t, uint64_t from, uint64_t until);

/* ALIGN_LAPPED: there was a set, of which a value was overwritten meanwhile. Newer ones, which were not looked
   at, may be in one. */
enum align_found { ALIGN_NONE, ALIGN_FOUND, ALIGN_LAPPED };

/* Finds the set: each topic's k and time. ALIGN_LAPPED: *overwritten is the topic. Tolerance and times are less than
   2^63 ns. */
enum align_found align_find(struct align_topic *topics, long n, uint64_t tolerance, long *overwritten);

/* There was no set. Returns the topic that every later one has a new value of, and sets *floor. If there are several, it
   stays with the one that was waited for before, which is probably the last to come the next time too. */
long align_await(const struct align_topic *topics, long n, long before, uint64_t *floor);

/* Latest less earliest time of the set, ns. */
uint64_t align_spread(const struct align_topic *topics, long n);

#endif
