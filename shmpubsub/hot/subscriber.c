/* The subscriber that Python programs hold: the ring's reader. The shim's Subscriber class is derived
   from this type and adds everything that is not per value. */
#include "subscriber.h"

#include <structmember.h>

#include "convert.h"

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

static PyObject *
newest(Subscriber *s)
{
    ring_expect(&s->ring);
    /* A value never changes once it is published: the same head is the same value. */
    uint64_t head = __atomic_load_n(&s->ring.state->head, __ATOMIC_ACQUIRE);
    if (head == s->last_k && head != 0) {
        return Py_NewRef(value_too_old(s, s->last_time) ? s->missing : s->last);
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
    if (value_too_old(s, time)) {
        return Py_NewRef(s->missing);
    }
    uint64_t k = s->ring.k; /* before objects are made, which may run a finalizer that reads from s */
    PyObject *value = value_object(s->type, word);
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
    int ready = attachment_ready(s);
    if (__builtin_expect(ready > 0, 1)) {
        return newest(s);
    }
    return ready < 0 ? NULL : Py_NewRef(s->missing);
}

PyDoc_STRVAR(recv_doc, "recv($self, /, timeout=None)\n--\n\n"
"Wait for the next value that this subscriber has not taken yet, take it and return it.\n"
"\n"
"The oldest one that the topic still keeps comes first; what was overwritten before it was taken is\n"
"counted by `lost`. It works before there is a publisher, and across its restart: the values that an\n"
"ended publisher had published come before those of the next one.\n"
"\n"
"Args:\n"
"    timeout: Seconds to wait at most; None for as long as it takes, 0 not to wait.\n"
"\n"
"Raises:\n"
"    WaitTimeoutError: There was none within timeout seconds (a TimeoutError).\n"
"    TopicTypeError, OpenError: As for subscribe().\n"
"    ClosedError: After close(), by another thread as well (a ValueError).\n"
"    TopicValueError: A negative timeout (a ValueError).");

PyDoc_STRVAR(try_recv_doc, "try_recv($self, /)\n--\n\n"
"Return the next value as recv() does, or None where there is none now.");

PyDoc_STRVAR(drain_doc, "drain($self, /, *, into=None)\n--\n\n"
"Take all values that this subscriber has not taken yet, oldest first, without waiting.\n"
"\n"
"Args:\n"
"    into: A writable, contiguous buffer of one dimension and the topic's type, to be filled from its\n"
"        beginning: array.array('d'), numpy.empty(n) and the like; 'q' for int, '?' for bool.\n"
"\n"
"Returns:\n"
"    A list of the values; with into, how many were put there. More stay for the next call.\n"
"\n"
"Raises:\n"
"    TopicTypeError: into is no such buffer (a TypeError), or as for subscribe().\n"
"    ClosedError: After close() (a ValueError).");

PyDoc_STRVAR(sample_doc, "sample($self, /)\n--\n\n"
"Return the topic's newest value as a Sample, or None where subscribe() returns ok False. It takes nothing.");

PyDoc_STRVAR(recv_sample_doc, "recv_sample($self, /, timeout=None)\n--\n\n"
"As recv(), but return a Sample: value, sequence (its number, from 1 with every publisher), time_ns (of\n"
"publication, as time.monotonic_ns() counts) and age (seconds, when it was read).");

PyDoc_STRVAR(wait_for_publisher_doc, "wait_for_publisher($self, /, timeout=None)\n--\n\n"
"Wait until the topic has a live publisher, whether or not it has published anything yet.\n"
"\n"
"Args:\n"
"    timeout: Seconds to wait at most; None for as long as it takes, 0 not to wait.\n"
"\n"
"Raises:\n"
"    WaitTimeoutError: It had none within timeout seconds (a TimeoutError).\n"
"    TopicTypeError, OpenError, ClosedError: As for recv().");

PyDoc_STRVAR(fileno_doc, "fileno($self, /)\n--\n\n"
"Return a descriptor that is readable while there may be something to take: for selectors, poll, epoll and\n"
"the event loops of other libraries. It belongs to the subscriber; never read it or close it.\n"
"\n"
"Once readable it stays so until everything is taken, and it may be so for nothing: use try_recv(). The first\n"
"call in a process starts a thread, which serves up to 127 subscribers.\n"
"\n"
"Raises:\n"
"    OSError: There is no descriptor or no thread left.\n"
"    ClosedError: After close() (a ValueError).");

PyDoc_STRVAR(hold_doc, "_hold($self, /)\n--\n\n"
"Return fileno() and an object that keeps its number from being used again, also when this is closed.");

PyDoc_STRVAR(take_doc, "_take($self, life, waits, /)\n--\n\n"
"As recv(), or as try_recv() if not waits, but only in the life (_life) that is named: ClosedError when it is over.");

PyDoc_STRVAR(lost_doc, "How many values were overwritten before this subscriber took them. They are counted when the next\n"
"one is taken, or when a publisher's end leaves them behind.");

PyDoc_STRVAR(open_doc, "_open($self, path, type_tag, missing, max_age, history, /)\n--\n\n"
"Set up: the file's path (bytes), the type, what to return without a value, the age limit in ns or 0, and\n"
"with how many of the values already there the stream begins. Return the _life that begins.");

static PyObject *
open_(Subscriber *s, PyObject *args)
{
    PyObject *path, *missing;
    int tag;
    enum shm_type type;
    unsigned long long max_age, history;
    if (!PyArg_ParseTuple(args, "SiO!KK:_open", &path, &tag, &PyTuple_Type, &missing, &max_age, &history) ||
        !shm_type_from(tag, &type)) {
        return NULL;
    }
    stream_end(s);
    attachment_let_go(s);
    fileno_detach(s);
    s->generation++;
    uint64_t life = ++s->lives;
    s->history = history;
    s->joined = false;
    s->strange = (struct shm_identity){0};
    s->lost = s->taken_time = s->doubt_time = 0;
    s->type = type;
    s->max_age = max_age;
    PyObject *old_path = s->path, *old_missing = s->missing;
    s->path = Py_NewRef(path);
    s->missing = Py_NewRef(missing);
    Py_XDECREF(old_path); /* last: it may run code that uses s */
    Py_XDECREF(old_missing);
    return PyLong_FromUnsignedLongLong(life);
}

PyDoc_STRVAR(map_doc, "_map($self, life, attach, /, *arguments)\n--\n\n"
"Call attach(*arguments), gopy's, and read from what it found. Return (dead, pid, depth), with depth 0 if\n"
"another thread was faster, or None if there is nothing. Raise ClosedError, and keep nothing, if the life\n"
"(_life) that the arguments are those of is over by then. No signal is handled between: an interrupt cannot\n"
"leak the mapping.");

PyDoc_STRVAR(close_doc, "_close($self, life=0, /)\n--\n\n"
"Unmap, unless that life (_life) is over already; 0: any. Return whether it was open.");

static PyObject *
close_(Subscriber *s, PyObject *args)
{
    unsigned long long life = 0;
    if (!PyArg_ParseTuple(args, "|K:_close", &life)) {
        return NULL;
    }
    if (life != 0 && life != s->lives) {
        Py_RETURN_FALSE;
    }
    bool was = s->path != NULL;
    stream_end(s);
    attachment_let_go(s);
    s->generation++; /* whoever is just opening a file: not for this one */
    fileno_end(s);
    Py_CLEAR(s->path);
    return PyBool_FromLong(was);
}

PyDoc_STRVAR(alive_doc, "_alive($self, /)\n--\n\n"
"Look at the name where need be, then whether the publisher holds its lock now: a system call.");

static PyObject *
alive(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    if (s->ring.state != NULL && !file_is_ours(s->file)) {
        s->file->reopen = true; /* without its descriptor nobody can be asked */
        s->ring.state = NULL;
    }
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
get_strange(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->strange.ino != 0);
}

static PyObject *
get_buffers(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(s->ring.state == NULL ? 0 : s->depth);
}

static PyObject *
get_life(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(s->path == NULL ? 0 : s->lives);
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
    stream_end(s);
    attachment_let_go(s);
    fileno_end(s);
    Py_XDECREF(s->path);
    Py_XDECREF(s->missing);
    Py_XDECREF(s->last);
    type->tp_free((PyObject *)s);
    Py_DECREF(type);
}

static PyObject *
get_lost(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(s->lost);
}

#define WAITS (METH_FASTCALL | METH_KEYWORDS)

PyMethodDef shm_subscriber_methods[] = {
    {"subscribe", (PyCFunction)subscribe, METH_NOARGS, subscribe_doc},
    {"recv", (PyCFunction)(void (*)(void))receive_recv, WAITS, recv_doc},
    {"try_recv", (PyCFunction)receive_try, METH_NOARGS, try_recv_doc},
    {"drain", (PyCFunction)(void (*)(void))drain, WAITS, drain_doc},
    {"sample", (PyCFunction)receive_newest, METH_NOARGS, sample_doc},
    {"recv_sample", (PyCFunction)(void (*)(void))receive_sample, WAITS, recv_sample_doc},
    {"wait_for_publisher", (PyCFunction)(void (*)(void))receive_publisher, WAITS, wait_for_publisher_doc},
    {"fileno", (PyCFunction)fileno_get, METH_NOARGS, fileno_doc},
    {"_hold", (PyCFunction)fileno_hold, METH_NOARGS, hold_doc},
    {"_take", (PyCFunction)receive_in, METH_VARARGS, take_doc},
    {"_open", (PyCFunction)open_, METH_VARARGS, open_doc},
    {"_map", (PyCFunction)attachment_map, METH_VARARGS, map_doc},
    {"_close", (PyCFunction)close_, METH_VARARGS, close_doc},
    {"_alive", (PyCFunction)alive, METH_NOARGS, alive_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"_mapped", (getter)get_mapped, NULL, "Whether there is something to read.", NULL},
    {"_strange", (getter)get_strange, NULL, "Whether the name was found to be that of somebody's who is not trusted.",
     NULL},
    {"_is_open", (getter)get_open, NULL, "Whether subscribe works.", NULL},
    {"_buffers", (getter)get_buffers, NULL, "How many values the topic keeps; 0 while there is nothing to read.", NULL},
    {"_life", (getter)get_life, NULL, "How often it was set up; 0 while it is closed.", NULL},
    {"lost", (getter)get_lost, NULL, lost_doc, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Subscriber, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, shm_subscriber_methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {Py_tp_iternext, receive_next},
    {0, NULL},
};

PyType_Spec shm_subscriber_spec = {
    .name = "shm_pub_sub._hot.Subscriber",
    .basicsize = sizeof(Subscriber),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
