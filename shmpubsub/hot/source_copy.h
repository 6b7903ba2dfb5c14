/* The copy of a value into shared memory. */
#ifndef SHM_SOURCE_COPY_H
#define SHM_SOURCE_COPY_H

#include "fit.h"

/* Copies of more bytes than this, which take half a millisecond, let other threads run. Shorter ones do not: a thread
   that computes gives the GIL back only after its turn, 5 ms. */
#define SOURCE_GIL_LIMIT ((size_t)8 << 20)

/* Copies the value. May let other threads run. Returns 0, or -1 with an error set. */
int source_copy(const struct source *s, const struct value_type *t, void *to);

#endif
