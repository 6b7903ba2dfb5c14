/* Checks of what private functions are given. The shim and Go pass what is right, but any Python code can call them, a
   subclass can override the shim's methods, and no Python call may crash. */
#ifndef SHM_ARGUMENTS_H
#define SHM_ARGUMENTS_H

#include "hot.h"

/* Returns false with an error set. */
bool type_from_tag(int tag, enum shm_type *type);

/* Ends a call to a method of the shim that must raise: returns NULL, always with an error set. */
void *raised(PyObject *result);

/* The subscriber's memory contradicts itself: returns NULL, with an error set. */
void *raise_corrupt(PyObject *subscriber);

#endif
