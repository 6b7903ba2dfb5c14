/* Taking the next set of an alignment. */
#ifndef SHM_ALIGNMENT_TAKE_H
#define SHM_ALIGNMENT_TAKE_H

#include "alignment_object.h"

/* Takes the newest set: 1; 0: there is none, and `found` and `awaited` say what was seen and what to wait for; -1 with an
   error set. Between 0 and what the caller does next no other code runs. */
int alignment_take(Alignment *a, PyObject **set);

#endif
