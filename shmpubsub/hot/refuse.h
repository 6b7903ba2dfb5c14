/* A publisher's errors, which the shim's methods word and raise. */
#ifndef SHM_REFUSE_H
#define SHM_REFUSE_H

#include "publisher_object.h"

/* It is not open: NULL, or None in a daemon thread that outlives its process, where publish() does nothing. */
PyObject *refuse_publisher(Publisher *p);

/* NULL: the value has a wrong type, or overflows. position: the value's in a batch, or -1. */
PyObject *refuse_value(Publisher *p, PyObject *value, bool overflow, Py_ssize_t position);

#endif
