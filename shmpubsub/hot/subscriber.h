/* A subscriber from _open to the end, and subscribe(). */
#ifndef SHM_SUBSCRIBER_H
#define SHM_SUBSCRIBER_H

#include "subscriber_object.h"

PyObject *subscriber_subscribe(Subscriber *s, PyObject *ignored);
PyObject *subscriber_subscribe_into(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *subscriber_open(Subscriber *s, PyObject *args);
PyObject *subscriber_close(Subscriber *s, PyObject *args);
PyObject *subscriber_alive(Subscriber *s, PyObject *ignored);
void subscriber_dealloc(Subscriber *s);

#endif
