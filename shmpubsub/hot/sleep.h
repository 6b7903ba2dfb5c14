/* Sleeping until one of several subscribers has something new. */
#ifndef SHM_SLEEP_H
#define SHM_SLEEP_H

#include "subscriber_object.h"

/* What one subscriber has seen. */
struct seen {
    const Subscriber *s;
    uint64_t head;
    bool awaited; /* false: its values need not wake anybody */
};

typedef struct seen seen_by(const void *what, Py_ssize_t i);

/* The pauses of one wait, ns; 0: none yet. */
struct pauses {
    uint64_t poll, look;
};

/* Sleeps without the GIL until one of n subscribers has a value beyond what it has seen, or its file's end shows; until
   the deadline, CLOCK_MONOTONIC ns; or for one slice. Wake-ups can be spurious. */
void sleep_for_news(const void *what, Py_ssize_t n, seen_by *seen, struct pauses *p, uint64_t deadline);

#endif
