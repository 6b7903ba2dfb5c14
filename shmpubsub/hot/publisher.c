/* The publisher that Python programs hold: the ring's writer. The shim's Publisher class is derived
   from this type and adds everything that is not per value. */
#include "publisher.h"

#include <structmember.h>

#include "convert.h"
#include "../protocol/eventcount.h"

PyObject *
publisher_unusable(Publisher *p)
{
    return PyObject_CallMethod((PyObject *)p, "_unusable", NULL);
}

PyObject *
publisher_refuse(Publisher *p, PyObject *value, bool overflow, Py_ssize_t position)
{
    return PyObject_CallMethod((PyObject *)p, "_refuse", "OOn", value, overflow ? Py_True : Py_False, position);
}

PyDoc_STRVAR(publish_doc, "publish($self, value, /)\n--\n\n"
"Make value the topic's newest; every subscriber's next read returns it.\n"
"\n"
"Args:\n"
"    value: For a bool topic a bool; for an int topic an int or anything with __index__,\n"
"        signed 64 bits; for a float topic a float or anything with __float__. All 64 bits\n"
"        of a float are kept.\n"
"\n"
"Raises:\n"
"    TopicTypeError: value is of another type (a TypeError). Nothing is published.\n"
"    RangeError: value does not fit into 64 bits (an OverflowError). Nothing is published.\n"
"    ClosedError: after close() (a ValueError).\n"
"    ForkedError: in a forked child of the process that made the publisher (a RuntimeError).");

static PyObject *
publish(Publisher *p, PyObject *value)
{
    uint64_t word;
    enum shm_type type = p->type;
    if (__builtin_expect(value_word(type, value, &word) < 0, 0)) {
        /* The shim words our errors: what was found, what is accepted. What the value's own
           __index__ or __float__ raised goes through. */
        bool overflow = PyErr_Occurred() != NULL;
        if (overflow && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return NULL;
        }
        PyErr_Clear();
        return p->ring.state == NULL ? publisher_unusable(p) : publisher_refuse(p, value, overflow, -1);
    }
    /* The conversion may have run any code: closed meanwhile, or made anew with another type. */
    if (__builtin_expect(p->ring.state == NULL, 0)) {
        return publisher_unusable(p);
    }
    if (__builtin_expect(p->type != type, 0)) {
        return publisher_refuse(p, value, false, -1);
    }
    ring_write(&p->ring, word, shm_now(CLOCK_MONOTONIC));
    eventcount_notify(p->wait);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(publish_many_doc, "publish_many($self, values, /)\n--\n\n"
"Publish values one after the other, in one call and with one time of publication.\n"
"\n"
"Each is a value of its own to recv(); more than buffer_num of them overwrite one another before\n"
"anybody can take them.\n"
"\n"
"Args:\n"
"    values: An iterable of what publish() takes; or a buffer of one dimension and the topic's type,\n"
"        such as array.array('d') or a numpy array, which is read without an object for each value.\n"
"\n"
"Raises:\n"
"    TopicTypeError, RangeError: One of them cannot be published. Nothing is published.\n"
"    ClosedError, ForkedError: As for publish().");

PyDoc_STRVAR(create_doc, "_create($self, go, make, arguments, type_tag, check=None, path=None, /)\n--\n\n"
"Call make(*arguments), a constructor of gopy's module go, and publish through what it made. Return\n"
"the process whose topic was taken over, or 0. No signal is handled between: an interrupt cannot\n"
"lose the topic.");

PyDoc_STRVAR(end_doc, "_end($self, /)\n--\n\n"
"Close it if it is open. No signal is handled on the way: an interrupt comes before or after.");

static PyObject *
end_(Publisher *p, PyObject *Py_UNUSED(ignored))
{
    return publisher_end(p) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
get_mapped(Publisher *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(p->ring.state != NULL);
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
    /* Here and not in a __del__ of the shim's, in which an interrupt would be swallowed. */
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    if (publisher_end(p) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    PyErr_Restore(error_type, error, traceback);
    end_without(p->end); /* an inherited one's */
    Py_XDECREF(p->topic);
    Py_XDECREF(p->go); /* as well */
    Py_XDECREF(p->handle);
    type->tp_free((PyObject *)p);
    Py_DECREF(type);
}

static PyObject *
new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return type->tp_alloc(type, 0);
}

PyMethodDef shm_publisher_methods[] = {
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
    {Py_tp_methods, shm_publisher_methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {0, NULL},
};

PyType_Spec shm_publisher_spec = {
    .name = "shm_pub_sub._hot.Publisher",
    .basicsize = sizeof(Publisher),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
