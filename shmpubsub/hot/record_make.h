/* The object that a program has for a record, made of its fields' values. */
#ifndef SHM_RECORD_MAKE_H
#define SHM_RECORD_MAKE_H

#include "record.h"

#define RECORD_FEW 16

/* Room for a record's values: few, which has RECORD_FEW, or more, to be freed with PyMem_Free. NULL with an error
   set. */
static inline PyObject **
record_values(const Record *r, PyObject **few)
{
    if (r->n <= RECORD_FEW) {
        return few;
    }
    PyObject **values = PyMem_New(PyObject *, r->n);
    if (values == NULL) {
        PyErr_NoMemory();
    }
    return values;
}

/* Takes over the references to the values, also on failure: NULL with an error set. May run the program's code, but none
   that sees an object that is not complete, unless it is called to set attributes. */
PyObject *record_make(const Record *r, PyObject **values);

/* Of bytes. */
PyObject *record_make_raw(const Record *r, const char *bytes);

#endif
