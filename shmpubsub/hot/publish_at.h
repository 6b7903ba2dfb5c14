/* The method publish_at: a value with the time of its measurement. */
#ifndef SHM_PUBLISH_AT_H
#define SHM_PUBLISH_AT_H

#include "publisher_object.h"

extern const char publish_at_doc[];

PyObject *publish_at(Publisher *p, PyObject *const *args, Py_ssize_t n, PyObject *names);

#endif
