/* Where a field is in a record, for errors: arm.joints[2].name. */
#ifndef SHM_FIELD_PATH_H
#define SHM_FIELD_PATH_H

#include "hot.h"

/* Puts a field's name, or the index of an element if name is NULL, in front of the rest; NULL: there is none. Takes rest
   over. NULL with an error set. */
PyObject *field_path(PyObject *name, Py_ssize_t index, PyObject *rest);

#endif
