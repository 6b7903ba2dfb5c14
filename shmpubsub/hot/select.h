/* The waiting part of shm_pub_sub.select. */
#ifndef SHM_SELECT_H
#define SHM_SELECT_H

#include "hot.h"

PyObject *select_subscribers(PyObject *module, PyObject *args);

#endif
