#include "publisher.h"

#include <structmember.h>

#include "../protocol/eventcount.h"
#include "convert.h"
#include "lifetime.h"
#include "publish_many.h"
#include "refuse.h"

PyDoc_STRVAR(publish_doc, "publish($self, value, /)\n--\n\n"
"Make value the topic's newest: every subscriber's next read returns it.\n"
"\n"
"Args:\n"
"    value: For a bool topic a bool; for an int topic an int or anything with __index__,\n"
"        signed 64 bits; for a float topic a float or anything with __float__. All 64 bits\n"
"        of a float are kept.\n"
"\n"
"Raises:\n"
"    TopicTypeError: value is of another type (a TypeError). Nothing is published.\n"
"    RangeError: value does not fit into 64 bits (an OverflowError). Nothing is published.\n"
"    ClosedError: After close() (a ValueError).\n"
"    ForkedError: In a forked child of the process that opened the publisher (a RuntimeError).");

static PyObject *
publish(Publisher *p, PyObject *value)
{
    uint64_t word;
    enum shm_type type = p->type;
    if (__builtin_expect(value_word(type, value, &word) < 0, 0)) {
        /* The shim words these errors. What the value's own __index__ or __float__ raised passes through. */
        bool overflow = PyErr_Occurred() != NULL;
        if (overflow && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return NULL;
        }
        PyErr_Clear();
        return p->ring.mapped == NULL ? refuse_publisher(p) : refuse_value(p, value, overflow, -1);
    }
    /* The conversion may have run any code, which closed p or opened it again with another type. */
    if (__builtin_expect(p->ring.mapped == NULL, 0)) {
        return refuse_publisher(p);
    }
    if (__builtin_expect(p->type != type, 0)) {
        return refuse_value(p, value, false, -1);
    }
    ring_write(&p->ring, word, clock_now(CLOCK_MONOTONIC));
    eventcount_notify(p->wait);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(publish_many_doc, "publish_many($self, values, /)\n--\n\n"
"Publish several values in order, in one call and with one time of publication.\n"
"\n"
"recv() returns each of them. If there are more than buffer_num, the first ones are overwritten before\n"
"anyone can take them.\n"
"\n"
"Args:\n"
"    values: An iterable of values for publish(); or a buffer of one dimension and the topic's type, such\n"
"        as array.array('d') or a numpy array, which is read without an object for each value.\n"
"\n"
"Raises:\n"
"    TopicTypeError, RangeError: One of the values cannot be published. Nothing is published.\n"
"    ClosedError, ForkedError: As for publish().");

PyDoc_STRVAR(create_doc, "_create($self, go, make, arguments, type_tag, check=None, path=None, /)\n--\n\n"
"Call make(*arguments), a constructor of gopy's module go, and publish through what it made. Return the\n"
"process whose topic was taken over, or 0. No signal is handled in between: an interrupt cannot lose the\n"
"topic.");

PyDoc_STRVAR(end_doc, "_end($self, /)\n--\n\n"
"Close it if it is open. No signal is handled in between: an interrupt comes before or after.");

static PyObject *
end_(Publisher *p, PyObject *Py_UNUSED(ignored))
{
    return publisher_end(p) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
get_mapped(Publisher *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(p->ring.mapped != NULL);
}

static PyObject *
get_inherited(Publisher *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(p->inherited);
}

static void
dealloc(Publisher *p)
{
    PyTypeObject *type = Py_TYPE(p);
    if (p->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)p);
    }
    /* Not in a __del__ of the shim, which would swallow an interrupt. */
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    if (publisher_end(p) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    PyErr_Restore(error_type, error, traceback);
    at_exit_remove(p->at_exit); /* only an inherited one still has it, */
    Py_XDECREF(p->topic);
    Py_XDECREF(p->go); /* this too */
    Py_XDECREF(p->handle);
    type->tp_free((PyObject *)p);
    Py_DECREF(type);
}

static PyObject *
new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return type->tp_alloc(type, 0);
}

PyMethodDef publisher_methods[] = {
    {"publish", (PyCFunction)publish, METH_O, publish_doc},
    {"publish_many", (PyCFunction)publish_many, METH_O, publish_many_doc},
    {"_create", (PyCFunction)publisher_create, METH_VARARGS, create_doc},
    {"_end", (PyCFunction)end_, METH_NOARGS, end_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"_mapped", (getter)get_mapped, NULL, "Whether publish works.", NULL},
    {"_inherited", (getter)get_inherited, NULL, "Whether an ancestor process opened it.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Publisher, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, publisher_methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {0, NULL},
};

PyType_Spec publisher_spec = {
    .name = "shm_pub_sub._hot.Publisher",
    .basicsize = sizeof(Publisher),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
