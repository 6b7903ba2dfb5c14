/* Publishing the bytes of a value, as they are in shared memory: what was recorded, for example. */
#ifndef SHM_PUBLISH_RAW_H
#define SHM_PUBLISH_RAW_H

#include "publisher_object.h"
#include "stamp.h"

/* Of any type but bool, int and float. stamp: NULL, or a time that is given. */
PyObject *publish_raw(Publisher *p, PyObject *value, struct stamp *stamp);

#endif
