/* Waiting for the next set of an alignment by a descriptor. */
#ifndef SHM_ALIGNMENT_WATCH_H
#define SHM_ALIGNMENT_WATCH_H

#include "alignment_object.h"

/* There was no set: the descriptor is not readable until the awaited topic has a value that the last look has not seen,
   or a subscriber is closed. Does nothing if nobody has asked for the descriptor. Runs no other code. */
void alignment_arm(Alignment *a);

/* The methods fileno and _hold. */
PyObject *alignment_fileno(Alignment *a, PyObject *ignored);
PyObject *alignment_hold(Alignment *a, PyObject *ignored);

/* The alignment ends. */
void alignment_end_watch(Alignment *a);

#endif
