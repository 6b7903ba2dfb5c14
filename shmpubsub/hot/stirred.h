/* Which of many subscribers have something to take, without a descriptor and a wake-up each. */
#ifndef SHM_STIRRED_H
#define SHM_STIRRED_H

#include <Python.h>

PyObject *stirred(PyObject *module, PyObject *args);

#endif
