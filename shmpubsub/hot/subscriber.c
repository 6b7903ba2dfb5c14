/* The subscriber that Python programs hold: the ring's reader. The shim's Subscriber class is derived
   from this type and adds everything that is not per value. */
#include "subscriber.h"

#include <structmember.h>

static PyObject *
to_object(enum shm_type type, uint64_t word)
{
    double real;
    switch (type) {
    case SHM_FLOAT:
        memcpy(&real, &word, sizeof real);
        return PyFloat_FromDouble(real);
    case SHM_INT:
        return PyLong_FromLongLong((long long)word);
    case SHM_BOOL:
        return PyBool_FromLong((word & 0xff) != 0);
    }
    Py_UNREACHABLE();
}

/* Returns the pair (value, True) of value number k, which s->last remembers, and takes the reference
   to value. If the caller has dropped the pair it was given before, as `value, ok = ...` does at once,
   that pair is used again, in the manner of zip(). NULL with an error set. */
static PyObject *
remember(Subscriber *s, PyObject *value, uint64_t k, uint64_t time)
{
    if (s->last != NULL && Py_REFCNT(s->last) == 1) {
        PyObject *old = PyTuple_GET_ITEM(s->last, 0);
        PyTuple_SET_ITEM(s->last, 0, value);
        Py_DECREF(old);
#if PY_VERSION_HEX >= 0x030e0000
        ((PyTupleObject *)s->last)->ob_hash = -1; /* somebody may have asked for it */
#endif
    }
    else {
        uint64_t generation = s->generation;
        PyObject *pair = PyTuple_New(2);
        if (pair == NULL) {
            Py_DECREF(value);
            return NULL;
        }
        PyTuple_SET_ITEM(pair, 0, value);
        PyTuple_SET_ITEM(pair, 1, Py_NewRef(Py_True));
        if (generation != s->generation) {
            return pair; /* garbage was collected, and a finalizer attached s to another file */
        }
        Py_XSETREF(s->last, pair);
    }
    s->last_k = k;
    s->last_time = time;
    return Py_NewRef(s->last);
}

/* How old a value is, ns. A publisher's clock may be a little ahead of the one just read; a time further
   ahead is another boot's or another time namespace's, and says nothing but that the value is old. */
static uint64_t
age(uint64_t published, uint64_t now)
{
    if (published <= now) {
        return now - published;
    }
    return published - now < 1000000000u ? 0 : UINT64_MAX;
}

static bool
too_old(Subscriber *s, uint64_t published)
{
    return s->max_age != 0 && age(published, shm_now(CLOCK_MONOTONIC)) > s->max_age;
}

static PyObject *
newest(Subscriber *s)
{
    /* A value never changes once it is published: the same head is the same value. */
    uint64_t head = __atomic_load_n(&s->ring.state->head, __ATOMIC_ACQUIRE);
    if (head == s->last_k && head != 0) {
        return Py_NewRef(too_old(s, s->last_time) ? s->missing : s->last);
    }
    uint64_t word, time;
    switch (ring_newest(&s->ring, &word, &time)) {
    case RING_CORRUPT:
        return PyObject_CallMethod((PyObject *)s, "_corrupt", NULL);
    case RING_EMPTY:
        return Py_NewRef(s->missing);
    case RING_OK:
        break;
    }
    if (too_old(s, time)) {
        return Py_NewRef(s->missing);
    }
    uint64_t k = s->ring.k; /* before objects are made, which may run a finalizer that reads from s */
    PyObject *value = to_object(s->type, word);
    return value == NULL ? NULL : remember(s, value, k, time);
}

PyDoc_STRVAR(subscribe_doc, "subscribe($self, /)\n--\n\n"
"Return (value, True) with the topic's newest value, or (default_value, False).\n"
"\n"
"ok is True while a live publisher has published at least one value, also when that value was\n"
"returned before, and while a value is retained. It turns False at the first read after the\n"
"publisher's close(), within 0.1 s of its death, and for a value older than max_age.\n"
"\n"
"Raises:\n"
"    TopicTypeError: the topic has a new publisher, of another type (a TypeError).\n"
"    OpenError: the topic is there and cannot be opened any more (a RuntimeError).\n"
"    ClosedError: after close() (a ValueError).");

static PyObject *
subscribe(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    for (;;) {
        if (__builtin_expect(s->ring.state == NULL, 0)) {
            int found = attachment_renew(s);
            if (found <= 0) {
                return found < 0 ? NULL : Py_NewRef(s->missing);
            }
        }
        if (__builtin_expect(!__atomic_load_n(&s->ring.state->retired, __ATOMIC_ACQUIRE), 1)) {
            uint64_t now = shm_now(CLOCK_MONOTONIC_COARSE);
            if (__builtin_expect(now - s->checked_at < CHECK_EVERY, 1) || attachment_check(s, now)) {
                return newest(s);
            }
        }
        s->ring.state = NULL;
    }
}

PyDoc_STRVAR(open_doc, "_open($self, path, type_tag, missing, max_age, /)\n--\n\n"
"Set up: the file's path (bytes), the type, what to return without a value, and the age limit in ns or 0.");

static PyObject *
open_(Subscriber *s, PyObject *args)
{
    PyObject *path, *missing;
    int type;
    unsigned long long max_age;
    if (!PyArg_ParseTuple(args, "SiO!K:_open", &path, &type, &PyTuple_Type, &missing, &max_age)) {
        return NULL;
    }
    attachment_let_go(s);
    s->type = type;
    s->max_age = max_age;
    Py_XSETREF(s->path, Py_NewRef(path));
    Py_XSETREF(s->missing, Py_NewRef(missing));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(map_doc, "_map($self, attach, directory, name, type, /)\n--\n\n"
"Call attach(directory, name, type), gopy's, and read from what it found. Return (dead, pid, depth),\n"
"with depth 0 where another thread was faster, or None where there is nothing. No signal is handled\n"
"between: an interrupt cannot leak the mapping.");

PyDoc_STRVAR(close_doc, "_close($self, /)\n--\n\nUnmap. Return whether it was open.");

static PyObject *
close_(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    bool was = s->path != NULL;
    attachment_let_go(s);
    Py_CLEAR(s->path);
    return PyBool_FromLong(was);
}

PyDoc_STRVAR(alive_doc, "_alive($self, /)\n--\n\n"
"Look at the name where need be, then whether the publisher holds its lock now: a system call.");

static PyObject *
alive(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    if (s->ring.state != NULL && __atomic_load_n(&s->ring.state->retired, __ATOMIC_ACQUIRE)) {
        s->ring.state = NULL;
    }
    if (s->ring.state == NULL && attachment_renew(s) < 0) {
        return NULL;
    }
    return PyBool_FromLong(s->ring.state != NULL && attachment_publisher_lives(s));
}

static PyObject *
get_mapped(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->ring.state != NULL);
}

static PyObject *
get_open(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->path != NULL);
}

static void
dealloc(Subscriber *s)
{
    PyTypeObject *type = Py_TYPE(s);
    if (s->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)s);
    }
    attachment_let_go(s);
    Py_XDECREF(s->path);
    Py_XDECREF(s->missing);
    Py_XDECREF(s->last);
    type->tp_free((PyObject *)s);
    Py_DECREF(type);
}

static PyObject *
new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Subscriber *s = (Subscriber *)type->tp_alloc(type, 0);
    if (s != NULL) {
        s->mapping.fd = -1;
    }
    return (PyObject *)s;
}

static PyMethodDef methods[] = {
    {"subscribe", (PyCFunction)subscribe, METH_NOARGS, subscribe_doc},
    {"_open", (PyCFunction)open_, METH_VARARGS, open_doc},
    {"_map", (PyCFunction)attachment_map, METH_VARARGS, map_doc},
    {"_close", (PyCFunction)close_, METH_NOARGS, close_doc},
    {"_alive", (PyCFunction)alive, METH_NOARGS, alive_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"_mapped", (getter)get_mapped, NULL, "Whether there is something to read.", NULL},
    {"_is_open", (getter)get_open, NULL, "Whether subscribe works.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Subscriber, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {0, NULL},
};

PyType_Spec shm_subscriber_spec = {
    .name = "shm_pub_sub._hot.Subscriber",
    .basicsize = sizeof(Subscriber),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
