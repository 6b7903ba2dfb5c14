/* Waiting without the GIL, one slice at a time. */
#ifndef SHM_WAIT_H
#define SHM_WAIT_H

#include "subscriber_object.h"

struct wait {
    uint64_t deadline; /* CLOCK_MONOTONIC ns; UINT64_MAX: none */
    uint64_t pause;    /* ns: the last pause, if nobody wakes it */
};

/* Sets up a wait of timeout seconds; NULL and None: without limit. Returns 0, or -1 with an error set. */
int wait_begin(Subscriber *s, struct wait *w, PyObject *timeout);

/* Waits for a value after the last one taken; there was none just now. 1: look again; 0: the time is up; -1 with an
   error set. */
int wait_value(Subscriber *s, struct wait *w);

/* Waits for a head other than the one that was seen in the present file. Returns the same. */
int wait_head(Subscriber *s, struct wait *w, uint64_t seen);

/* Waits for the topic to have a file, or another one; it had no readable one just now. Returns what wait_value does. */
int wait_name(struct wait *w);

/* Ends a wait that returned 0 or -1: NULL, with an error set. */
PyObject *wait_timed_out(Subscriber *s, const char *what, PyObject *timeout);

#endif
