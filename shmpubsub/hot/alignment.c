#include "alignment.h"

#include "alignment_take.h"
#include "alignment_watch.h"
#include "arguments.h"
#include "keywords.h"
#include "sleep.h"
#include "subscriber_type.h"
#include "wait.h"

PyDoc_STRVAR(recv_doc, "recv($self, /, timeout=None)\n--\n\n"
"Return the newest set that is newer than the last one; block if there is none.\n"
"\n"
"Args:\n"
"    timeout: The longest time to wait, in seconds; None for no limit, 0 not to wait.\n"
"\n"
"Returns:\n"
"    A tuple of Samples in the order of the subscribers or, with names, a dict of them.\n"
"\n"
"Raises:\n"
"    WaitTimeoutError: There was no set within timeout seconds (a TimeoutError).\n"
"    TopicTypeError, OpenError: A topic cannot be read, as for Subscriber.recv().\n"
"    ClosedError: A subscriber is closed, or is closed by another thread meanwhile (a ValueError).\n"
"    TopicValueError: A negative timeout (a ValueError).");

PyDoc_STRVAR(fileno_doc, "fileno($self, /)\n--\n\n"
"Return a descriptor that is readable while there may be a new set: for selectors, poll, epoll and event\n"
"loops. It belongs to the alignment; never read or close it.\n"
"\n"
"It stays readable until recv(0) finds no set. Wake-ups can be spurious. Call recv(0) once a second as well\n"
"if publishers may be replaced: one with another type, or with earlier times than the last one's, need not\n"
"make it readable. The first call in a process starts a thread, as Subscriber.fileno() does.\n"
"\n"
"Raises:\n"
"    OSError: There is no descriptor or no thread left.");

PyDoc_STRVAR(hold_doc, "_hold($self, /)\n--\n\n"
"Return fileno() and an object that keeps its number from being used again.");

PyDoc_STRVAR(poll_doc, "_poll($self, /)\n--\n\n"
"Return the next set, or None if there is none.");

PyDoc_STRVAR(closed_doc, "True after close() of one of the subscribers.");

PyDoc_STRVAR(dropped_doc, "For each subscriber the number of values published between the first set and the last that are in none.\n"
"Values of a publisher are counted from its first set on.");

PyDoc_STRVAR(spread_doc, "The time between the earliest and the latest sample of the last set, in seconds; 0.0 before the first.");

PyDoc_STRVAR(worst_spread_doc, "The greatest spread so far, in seconds.");

/* Whether subscribers and names are what the shim passes; an error is set otherwise. */
static bool
check(PyObject *subscribers, PyObject *names)
{
    Py_ssize_t n = PyTuple_GET_SIZE(subscribers);
    bool sound = n > 0 && (names == Py_None || (PyTuple_Check(names) && PyTuple_GET_SIZE(names) == n));
    for (Py_ssize_t i = 0; i < n && sound; i++) {
        sound = is_subscriber_type(Py_TYPE(PyTuple_GET_ITEM(subscribers, i))) &&
                (names == Py_None || PyUnicode_Check(PyTuple_GET_ITEM(names, i)));
    }
    if (!sound) {
        PyErr_Format(PyExc_TypeError, "Alignment: found %R and %R; expected a tuple of subscribers, of one at least, and "
                     "None or a tuple of as many str", subscribers, names);
    }
    return sound;
}

static PyObject *
new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(names))
{
    PyObject *subscribers, *names;
    unsigned long long tolerance;
    if (!PyArg_ParseTuple(args, "O!KO:Alignment", &PyTuple_Type, &subscribers, &tolerance, &names) ||
        !check(subscribers, names)) {
        return NULL;
    }
    Alignment *a = (Alignment *)type->tp_alloc(type, 0);
    if (a == NULL) {
        return NULL;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(subscribers);
    a->topics = PyMem_Calloc(n, sizeof *a->topics);
    a->found = PyMem_Calloc(n, sizeof *a->found);
    if (a->topics == NULL || a->found == NULL) {
        Py_DECREF(a);
        return PyErr_NoMemory();
    }
    for (; a->n < (Py_ssize_t)n; a->n++) {
        struct alignment_topic *t = &a->topics[a->n];
        t->s = (Subscriber *)Py_NewRef(PyTuple_GET_ITEM(subscribers, a->n));
        t->open_epoch = t->s->open_epoch;
    }
    a->names = names == Py_None ? NULL : Py_NewRef(names);
    a->tolerance = tolerance < RING_HEAD_LIMIT ? tolerance : RING_HEAD_LIMIT;
    return (PyObject *)a;
}

static int
traverse(Alignment *a, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(a));
    for (Py_ssize_t i = 0; i < a->n; i++) {
        Py_VISIT(a->topics[i].s);
    }
    Py_VISIT(a->names);
    return 0;
}

static void
dealloc(Alignment *a)
{
    PyTypeObject *type = Py_TYPE(a);
    PyObject_GC_UnTrack(a);
    alignment_end_watch(a);
    for (; a->n > 0; a->n--) {
        Py_DECREF(a->topics[a->n - 1].s);
    }
    PyMem_Free(a->topics);
    PyMem_Free(a->found);
    Py_XDECREF(a->names);
    type->tp_free((PyObject *)a);
    Py_DECREF(type);
}

static struct seen
seen_of(const void *what, Py_ssize_t i)
{
    const Alignment *a = what;
    return (struct seen){a->topics[i].s, a->found[i].head, i == a->awaited};
}

/* Takes the next set, or waits for it. NULL without an error set if the time is up. */
static PyObject *
take_or_wait(Alignment *a, const struct wait *w)
{
    struct pauses p = {0};
    for (;;) {
        PyObject *set = NULL;
        if (alignment_take(a, &set) != 0) {
            return set;
        }
        if (clock_now(CLOCK_MONOTONIC) >= w->deadline) {
            alignment_arm(a);
            return NULL;
        }
        sleep_for_news(a, a->n, seen_of, &p, w->deadline);
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
}

static PyObject *
recv_(Alignment *a, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"recv", true, {"timeout"}};
    PyObject *timeout;
    struct wait w;
    if (!keywords_parse(&signature, args, n, names, &timeout) || wait_begin(a->topics[0].s, &w, timeout) < 0) {
        return NULL;
    }
    PyObject *set = take_or_wait(a, &w);
    if (set == NULL && !PyErr_Occurred()) {
        return raised(PyObject_CallMethod((PyObject *)a, "_timed_out", "O", timeout));
    }
    return set;
}

/* Whether a subscriber was closed, or opened again. */
static bool
is_over(const Alignment *a)
{
    for (Py_ssize_t i = 0; i < a->n; i++) {
        const struct alignment_topic *t = &a->topics[i];
        if (t->s->path == NULL || t->s->open_epoch != t->open_epoch) {
            return true;
        }
    }
    return false;
}

/* __next__: the loop ends when a subscriber is closed. */
static PyObject *
next(Alignment *a)
{
    struct wait w = {.deadline = UINT64_MAX};
    PyObject *set = take_or_wait(a, &w);
    if (set == NULL && is_over(a) && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* the ClosedError */
    }
    return set;
}

static PyObject *
poll(Alignment *a, PyObject *Py_UNUSED(ignored))
{
    struct wait w = {.deadline = 0};
    PyObject *set = take_or_wait(a, &w);
    return set != NULL || PyErr_Occurred() ? set : Py_NewRef(Py_None);
}

static PyObject *
get_dropped(Alignment *a, void *Py_UNUSED(closure))
{
    PyObject *dropped = PyTuple_New(a->n);
    for (Py_ssize_t i = 0; dropped != NULL && i < a->n; i++) {
        PyObject *number = PyLong_FromUnsignedLongLong(a->topics[i].dropped);
        if (number == NULL) {
            Py_CLEAR(dropped);
        }
        else {
            PyTuple_SET_ITEM(dropped, i, number);
        }
    }
    return dropped;
}

static PyObject *
get_closed(Alignment *a, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(is_over(a));
}

static PyObject *
get_spread(Alignment *a, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble((double)a->spread / 1e9);
}

static PyObject *
get_worst_spread(Alignment *a, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble((double)a->worst_spread / 1e9);
}

static PyMethodDef methods[] = {
    {"recv", (PyCFunction)(void (*)(void))recv_, METH_FASTCALL | METH_KEYWORDS, recv_doc},
    {"fileno", (PyCFunction)alignment_fileno, METH_NOARGS, fileno_doc},
    {"_hold", (PyCFunction)alignment_hold, METH_NOARGS, hold_doc},
    {"_poll", (PyCFunction)poll, METH_NOARGS, poll_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"dropped", (getter)get_dropped, NULL, dropped_doc, NULL},
    {"closed", (getter)get_closed, NULL, closed_doc, NULL},
    {"spread", (getter)get_spread, NULL, spread_doc, NULL},
    {"worst_spread", (getter)get_worst_spread, NULL, worst_spread_doc, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, next},
    {0, NULL},
};

PyType_Spec alignment_spec = {
    .name = "shm_pub_sub._hot.Alignment",
    .basicsize = sizeof(Alignment),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};
