/* A topic's metadata, as its file has it. */
#ifndef SHM_METADATA_H
#define SHM_METADATA_H

#include "subscriber_object.h"

/* Returns at most SHM_MAX_METADATA + 1 bytes of it, which may be anything; None without a file to read, or without
   metadata. */
PyObject *metadata_get(Subscriber *s, PyObject *ignored);

#endif
