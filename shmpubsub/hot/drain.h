/* The method drain: all values not taken yet, as a list or into a buffer. */
#ifndef SHM_DRAIN_H
#define SHM_DRAIN_H

#include "subscriber_object.h"

PyObject *drain(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);

#endif
