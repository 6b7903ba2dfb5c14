#include "arguments.h"

bool
type_from_tag(int tag, enum shm_type *type)
{
    if (tag < SHM_BOOL || tag > SHM_SCALAR) {
        PyErr_Format(PyExc_ValueError, "found type tag %d; expected one of the topics' types", tag);
        return false;
    }
    *type = (enum shm_type)tag;
    return true;
}

void *
raised(PyObject *result)
{
    if (result != NULL) {
        Py_DECREF(result);
        PyErr_SetString(PyExc_SystemError, "found that a method which must raise has returned; it was overridden");
    }
    return NULL;
}

void *
raise_corrupt(PyObject *subscriber)
{
    return raised(PyObject_CallMethod(subscriber, "_corrupt", NULL));
}
