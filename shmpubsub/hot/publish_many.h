/* The method publish_many. */
#ifndef SHM_PUBLISH_MANY_H
#define SHM_PUBLISH_MANY_H

#include "publisher_object.h"

PyObject *publish_many(Publisher *p, PyObject *values);

#endif
