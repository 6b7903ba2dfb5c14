#include "refuse.h"

#include "arguments.h"

PyObject *
refuse_publisher(Publisher *p)
{
    return PyObject_CallMethod((PyObject *)p, "_unusable", NULL);
}

PyObject *
refuse_value(Publisher *p, PyObject *value, bool overflow, Py_ssize_t position)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse", "OOn", value, overflow ? Py_True : Py_False, position));
}
