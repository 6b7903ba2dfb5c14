/* The method last: the newest values, without taking them. */
#ifndef SHM_LAST_H
#define SHM_LAST_H

#include "subscriber_object.h"

PyObject *last_values(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);

#endif
