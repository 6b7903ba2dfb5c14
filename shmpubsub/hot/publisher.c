#include "publisher.h"

#include <structmember.h>

#include "../protocol/eventcount.h"
#include "convert.h"
#include "keywords.h"
#include "lifetime.h"
#include "loan.h"
#include "publish_at.h"
#include "publish_many.h"
#include "publish_payload.h"
#include "publish_raw.h"
#include "raised.h"
#include "refuse.h"
#include "writer.h"

PyDoc_STRVAR(publish_doc, "publish($self, value, /)\n--\n\n"
"Make value the topic's newest: every subscriber's next read returns it.\n"
"\n"
"Args:\n"
"    value: What the topic's type says. bool: a bool. An int type: an int or anything with __index__, in\n"
"        the type's range (int: signed 64 bits). A float type: a float or anything with __float__; all 64\n"
"        bits of a float topic's are kept. Complex: a complex or a real number. Text: a str. Bytes: bytes,\n"
"        bytearray or a contiguous memoryview. A list: a list of elements as these. An array: a numpy\n"
"        array, or another buffer, of exactly the dtype and shape, with any strides; the first axis of one\n"
"        with max_size= may have 0 to max_size elements. A record: an instance of the default's class; a dict\n"
"        with exactly the default's keys, in any order.\n"
"\n"
"Large arrays are copied while other threads run.\n"
"\n"
"Raises:\n"
"    TopicTypeError: value is of another type, dtype or shape, or a field of it (a TypeError). Nothing is\n"
"        published.\n"
"    TopicValueError: It is longer than max_size, or a str that UTF-8 cannot encode (a ValueError). Nothing\n"
"        is published.\n"
"    RangeError: A number does not fit the type (an OverflowError). Nothing is published.\n"
"    LoanError: Open loans fill as many chunks as the topic has for that (a RuntimeError).\n"
"    ClosedError: After close() (a ValueError).\n"
"    ForkedError: In a forked child of the process that opened the publisher (a RuntimeError).");

static PyObject *
publish(Publisher *p, PyObject *value)
{
    uint64_t word;
    enum shm_type type = p->type;
    if (__builtin_expect(value_word(type, value, &word) < 0, 0)) {
        if (type > SHM_FLOAT) {
            return publish_payload(p, value, NULL);
        }
        return refuse_number(p, value);
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

PyDoc_STRVAR(publish_raw_doc, "_publish_raw($self, value, /, time_ns=None)\n--\n\n"
"Publish the bytes of a value, as they are in shared memory; a number to a topic of bool, int or float.\n"
"\n"
"time_ns: as for publish_at(); None for now. Raises TopicValueError if they are those of no value of the type.");

static PyObject *
publish_raw_(Publisher *p, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"_publish_raw", true, {"time_ns"}};
    PyObject *time;
    if (n < 1 || n > 2) {
        return PyErr_Format(PyExc_TypeError, "_publish_raw() takes 1 or 2 arguments, value and time_ns (%zd given)", n);
    }
    if (!keywords_parse(&signature, args + 1, n - 1, names, &time)) {
        return NULL;
    }
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    struct stamp stamp = {.given = true, .object = time};
    bool now = time == NULL || time == Py_None;
    if (p->type > SHM_FLOAT) {
        return publish_raw(p, args[0], now ? NULL : &stamp);
    }
    PyObject *const both[] = {args[0], time};
    return now ? publish(p, args[0]) : publish_at(p, both, 2, NULL);
}

PyDoc_STRVAR(publish_many_doc, "publish_many($self, values, /)\n--\n\n"
"Publish several values in order, in one call and with one time of publication.\n"
"\n"
"If another thread publishes in between, the rest of them has a later time. recv() returns each of them. If\n"
"there are more than buffer_num, the first ones are overwritten before anyone can take them.\n"
"\n"
"Args:\n"
"    values: An iterable of values for publish(); or a buffer or numpy array with one more axis, the first,\n"
"        and the topic's type, such as array.array('d') for a float topic.\n"
"\n"
"Raises:\n"
"    TopicTypeError, TopicValueError, RangeError: One of the values cannot be published. Nothing is\n"
"        published.\n"
"    LoanError, ClosedError, ForkedError: As for publish().");

PyDoc_STRVAR(create_doc, "_create($self, go, make, arguments, type_tag, check=None, path=None, numpy=True,\n"
"        record=None, /)\n--\n\n"
"Call make(*arguments), a constructor of gopy's module go, and publish through what it made; loans are numpy's\n"
"arrays if numpy, records are written by record. Return the process whose topic was taken over, or 0, and what became of its retained value. No\n"
"signal is handled in between: an interrupt cannot lose the topic.");

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
    struct raised raised = put_aside();
    if (publisher_end(p) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    put_back(raised);
    at_exit_remove(p->at_exit); /* only an inherited one still has these */
    if (p->writer != NULL) {
        writer_release(p->writer);
    }
    Py_XDECREF(p->topic);
    Py_XDECREF(p->go);
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
    {"publish_at", (PyCFunction)(void (*)(void))publish_at, METH_FASTCALL | METH_KEYWORDS, publish_at_doc},
    {"publish_many", (PyCFunction)publish_many, METH_O, publish_many_doc},
    {"loan", (PyCFunction)(void (*)(void))loan, METH_FASTCALL | METH_KEYWORDS, loan_doc},
    {"_publish_raw", (PyCFunction)(void (*)(void))publish_raw_, METH_FASTCALL | METH_KEYWORDS, publish_raw_doc},
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
