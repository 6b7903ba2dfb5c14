/* Values that stay in shared memory: read-only arrays and memoryviews whose chunk is pinned as long as
   anything refers to them; and memoryviews of private memory. */
#ifndef SHM_VIEW_H
#define SHM_VIEW_H

#include "value_type.h"

#include "../protocol/payload.h"

/* Makes the type of what holds the chunk. Returns 0, or -1 with an error set. */
int view_init(void);

/* An ndarray with n steps of the type's first axis. Takes over the payload's hold, also on failure: NULL with an error
   set. */
PyObject *view_array(const struct value_type *t, Py_ssize_t n, struct payload *p);

/* The same as a memoryview. */
PyObject *view_memory(const struct value_type *t, Py_ssize_t n, struct payload *p);

/* What keeps the bytes of a record in place, for arrays of its fields: the payload's hold, which it takes over, or, if
   that does not stay, a copy. *data: those bytes. 1; 0: it was overwritten meanwhile; -1 with an error set. */
int view_hold(struct payload *p, bool stays, PyObject **holder, const char **data);

/* A read-only array, or memoryview, over bytes that such a holder keeps. */
PyObject *view_part(const struct value_type *t, Py_ssize_t n, const void *data, PyObject *holder, bool numpy);

/* A memoryview of that shape over new memory, at *data. If not writable, only the caller can write, through data. */
PyObject *view_own(const struct value_type *t, int ndim, const Py_ssize_t *shape, bool writable, void **data);

#endif
