/* The methods that take the next value, and sample(). */
#ifndef SHM_RECEIVE_H
#define SHM_RECEIVE_H

#include "subscriber_object.h"

PyObject *receive_recv(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *receive_sample(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *receive_try(Subscriber *s, PyObject *ignored);
PyObject *receive_try_into(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *receive_next(Subscriber *s);
PyObject *receive_in(Subscriber *s, PyObject *args);
PyObject *receive_newest(Subscriber *s, PyObject *ignored);
PyObject *receive_publisher(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);

#endif
