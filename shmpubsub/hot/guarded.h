/* The only way into Go. */
#ifndef SHM_GUARDED_H
#define SHM_GUARDED_H

#include "hot.h"

/* A method of the module. */
PyObject *guarded(PyObject *module, PyObject *function);

#endif
