/* Copying a payload out of shared memory. */
#ifndef SHM_COPY_PAYLOAD_H
#define SHM_COPY_PAYLOAD_H

#include "value_type.h"

#include "../protocol/payload.h"

/* Copies from so many bytes on release the GIL. Smaller ones gain nothing: beside a thread that computes, a read of
   64 KiB takes 16 us instead of 8, as the GIL has to be taken again, and that thread is no faster. */
#define WITHOUT_GIL 1048576u

/* Copies a payload; without the GIL if it is large. False: it was overwritten meanwhile. */
bool copy_payload(const struct payload *p, void *to);

/* The number of elements, or of steps of the first axis, that a value of `length` bytes has; -1: no value of the type
   has that length. */
Py_ssize_t value_count(const struct value_type *t, uint64_t length);

#endif
