/* Taking the next value of a subscriber whose type is its file's, as an object. */
#ifndef SHM_TAKE_OBJECT_H
#define SHM_TAKE_OBJECT_H

#include "subscriber_object.h"

/* What a call wants. */
struct wish {
    PyObject *into;      /* NULL: a new object */
    bool sample;         /* with its number and time */
    uint64_t open_epoch; /* the call ends with it */
    uint64_t deadline;   /* CLOCK_MONOTONIC ns: as in struct patience */
};

/* 1, 0 if there is none or the deadline has passed, or -1 with an error set. What was taken and could not be handed
   over is there again, or counted as lost. */
int take_object(Subscriber *s, const struct wish *w, PyObject **object);

#endif
