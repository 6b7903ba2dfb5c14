/* Whether this process has room for Go's runtime. */
#ifndef SHM_ROOM_H
#define SHM_ROOM_H

#include "hot.h"

/* A method of the module: returns what is missing, as the part of an error's text after the operation, or None. */
PyObject *no_room(PyObject *module, PyObject *ignored);

#endif
