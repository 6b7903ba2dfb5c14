/* The methods at, after and since: kept values by their time, without taking them. */
#ifndef SHM_BY_TIME_H
#define SHM_BY_TIME_H

#include "subscriber_object.h"

PyObject *by_time_at(Subscriber *s, PyObject *time);
PyObject *by_time_after(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *by_time_since(Subscriber *s, PyObject *time);

#endif
