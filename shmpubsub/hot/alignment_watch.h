/* Waiting for the next set of an alignment by descriptors. */
#ifndef SHM_ALIGNMENT_WATCH_H
#define SHM_ALIGNMENT_WATCH_H

#include "alignment_object.h"

/* Makes a descriptor readable when a topic that is waited for has a value that the last look has not seen, and all of
   them when a subscriber is closed. Returns the descriptors, a tuple, or NULL with an error set. */
PyObject *alignment_arm(Alignment *a);

/* Returns an object that keeps a descriptor's number from being used again: the one of alignment_arm. None if there is
   no such descriptor; NULL with an error set. */
PyObject *alignment_hold(Alignment *a, PyObject *fd);

/* The alignment ends. */
void alignment_end_watches(Alignment *a);

#endif
