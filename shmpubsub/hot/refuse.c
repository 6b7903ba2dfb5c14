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

PyObject *
refuse_number(Publisher *p, PyObject *value)
{
    /* The shim words these errors. What the value's own __index__ or __float__ raised passes through. */
    bool overflow = PyErr_Occurred() != NULL;
    if (overflow && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
        return NULL;
    }
    PyErr_Clear();
    return p->ring.mapped == NULL ? refuse_publisher(p) : refuse_value(p, value, overflow, -1);
}

PyObject *
refuse_time(Publisher *p, PyObject *time, uint64_t now, uint64_t least, bool carries)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_time", "OKKN", time, (unsigned long long)now,
                                      (unsigned long long)least, PyBool_FromLong(carries)));
}

PyObject *
refuse_loan_time(Publisher *p)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_loan_time", NULL));
}

PyObject *
refuse_element(Publisher *p, const char *dtype, PyObject *element, bool overflow, Py_ssize_t index, Py_ssize_t position)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_element", "sOOnn", dtype, element,
                                      overflow ? Py_True : Py_False, index, position));
}

PyObject *
refuse_length(Publisher *p, size_t length, Py_ssize_t position)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_length", "nn", (Py_ssize_t)length, position));
}

PyObject *
refuse_field(Publisher *p, PyObject *path, PyObject *value, bool overflow, Py_ssize_t position)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_field", "OOOn", path, value,
                                      overflow ? Py_True : Py_False, position));
}

PyObject *
refuse_field_length(Publisher *p, PyObject *path, size_t length, Py_ssize_t position)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_field_length", "Onn", path, (Py_ssize_t)length,
                                      position));
}

PyObject *
refuse_raw(Publisher *p, PyObject *value)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_raw", "(O)", value));
}

PyObject *
refuse_values(Publisher *p, PyObject *values)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_values", "(O)", values));
}

PyObject *
refuse_loan(Publisher *p)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_loan", NULL));
}

PyObject *
refuse_loan_again(Publisher *p)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_loan_again", NULL));
}

PyObject *
refuse_loan_size(Publisher *p, PyObject *size)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_loan_size", "(O)", size == NULL ? Py_None : size));
}

PyObject *
refuse_arrays(Publisher *p)
{
    return raised(PyObject_CallMethod((PyObject *)p, "_refuse_arrays", NULL));
}
