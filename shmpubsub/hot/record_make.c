#include "record_make.h"

static PyObject *
drop(PyObject **values, Py_ssize_t i, Py_ssize_t n)
{
    for (; i < n; i++) {
        Py_DECREF(values[i]);
    }
    return NULL;
}

static PyObject *
make_dict(const Record *r, PyObject **values)
{
    PyObject *made = PyDict_New();
    for (Py_ssize_t i = 0; made != NULL && i < r->n; i++) {
        if (PyDict_SetItem(made, r->fields[i].name, values[i]) < 0) {
            Py_CLEAR(made);
        }
    }
    drop(values, 0, r->n);
    return made;
}

static PyObject *
make_tuple(const Record *r, PyObject **values)
{
    PyObject *made = r->cls->tp_alloc(r->cls, r->n);
    if (made == NULL) {
        return drop(values, 0, r->n);
    }
    for (Py_ssize_t i = 0; i < r->n; i++) {
        PyTuple_SET_ITEM(made, i, values[i]);
    }
    return made;
}

static PyObject *
make_directly(const Record *r, PyObject **values)
{
    PyObject *made = PyBaseObject_Type.tp_new(r->cls, r->init, NULL);
    if (made == NULL) {
        return drop(values, 0, r->n);
    }
    for (Py_ssize_t i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        if (f->slot > 0) {
            PyObject **slot = (PyObject **)((char *)made + f->slot);
            PyObject *old = *slot; /* NULL, unless the type has two names for a slot */
            *slot = values[i];
            Py_XDECREF(old);
            continue;
        }
        int failed = PyObject_GenericSetAttr(made, f->name, values[i]); /* also if the class is frozen */
        Py_DECREF(values[i]);
        if (failed) {
            Py_DECREF(made);
            return drop(values, i + 1, r->n);
        }
    }
    return made;
}

/* Sets an attribute that is no argument, in a frozen class too. */
static int
set_attribute(PyObject *made, PyObject *name, PyObject *value)
{
    int failed = PyObject_SetAttr(made, name, value);
    if (failed && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        failed = PyObject_GenericSetAttr(made, name, value);
    }
    return failed;
}

static PyObject *
make_by_call(const Record *r, PyObject **values)
{
    PyObject *few[RECORD_FEW], **arguments = record_values(r, few);
    Py_ssize_t n = 0;
    if (arguments == NULL) {
        return drop(values, 0, r->n);
    }
    for (Py_ssize_t i = 0; i < r->n; i++) {
        if (r->fields[i].init) {
            arguments[n++] = values[i];
        }
    }
    PyObject *made = PyObject_Vectorcall((PyObject *)r->cls, arguments, 0, r->init);
    for (Py_ssize_t i = 0; made != NULL && i < r->n; i++) {
        if (!r->fields[i].init && set_attribute(made, r->fields[i].name, values[i]) < 0) {
            Py_CLEAR(made);
        }
    }
    if (arguments != few) {
        PyMem_Free(arguments);
    }
    drop(values, 0, r->n);
    return made;
}

PyObject *
record_make(const Record *r, PyObject **values)
{
    switch (r->how) {
    case RECORD_DICT:
        return make_dict(r, values);
    case RECORD_TUPLE:
        return make_tuple(r, values);
    case RECORD_DIRECT:
        return make_directly(r, values);
    default:
        return make_by_call(r, values);
    }
}

PyObject *
record_make_raw(const Record *r, const char *bytes)
{
    PyObject *none = PyTuple_New(0);
    PyObject *made = none == NULL ? NULL : r->cls->tp_new(r->cls, none, NULL);
    Py_XDECREF(none);
    Py_buffer view;
    if (made == NULL || PyObject_GetBuffer(made, &view, PyBUF_WRITABLE) < 0) {
        Py_XDECREF(made);
        return NULL;
    }
    if ((size_t)view.len >= r->size) {
        memcpy(view.buf, bytes, r->size);
    }
    else {
        PyErr_Format(PyExc_SystemError, "found a structure of %zd bytes for a record of %zu", view.len, r->size);
        Py_CLEAR(made);
    }
    PyBuffer_Release(&view);
    return made;
}
