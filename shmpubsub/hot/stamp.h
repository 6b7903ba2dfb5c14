/* The time that a value gets. Times in a ring never decrease: readers search it by them (protocol/times.h). So a time is
   read, or compared with that of the value before, in the step that publishes: without the program's code, or another
   thread's, in between. */
#ifndef SHM_STAMP_H
#define SHM_STAMP_H

#include "publisher_object.h"

/* NULL stands for now. */
struct stamp {
    bool given;       /* by the program; otherwise it is a batch's */
    PyObject *object; /* what it gave, for stamp_parse */
    uint64_t ns;      /* 0: not known yet */
    uint64_t k;       /* the value of the batch that has it */
};

/* Makes ns of a time that a program gives: an int from 1 to now. Its own code may run. Returns false with an error set. */
bool stamp_parse(Publisher *p, PyObject *given, uint64_t *ns);

/* Whether a time that was given is no earlier than that of the value that p, which is open, published last. Returns
   false with an error set. */
bool stamp_in_order(Publisher *p, const struct stamp *stamp);

/* The rest of stamp_time. */
bool stamp_other(Publisher *p, struct stamp *stamp, uint64_t *ns);

/* The time of the value that p, which is open, publishes next. False: it was given and is before the value before; an
   error is set. */
static inline bool
stamp_time(Publisher *p, struct stamp *stamp, uint64_t *ns)
{
    if (__builtin_expect(stamp != NULL, 0)) {
        return stamp_other(p, stamp, ns);
    }
    *ns = clock_now(CLOCK_MONOTONIC);
    return true;
}

#endif
