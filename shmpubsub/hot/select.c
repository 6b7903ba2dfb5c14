#include "select.h"

#include "sleep.h"
#include "subscriber_type.h"
#include "take.h"
#include "wait.h"

/* What a receiver has taken, it has seen. */
static struct seen
seen_of(const void *subscribers, Py_ssize_t i)
{
    const Subscriber *s = (const Subscriber *)PyTuple_GET_ITEM(subscribers, i);
    return (struct seen){s, s->cursor.present.ring.k, true};
}

/* Returns the subscribers with something new, or NULL with an error set. A topic's error is something new: try_recv()
   raises it. */
static PyObject *
find(PyObject *subscribers)
{
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found != NULL && i < PyTuple_GET_SIZE(subscribers); i++) {
        Subscriber *s = (Subscriber *)PyTuple_GET_ITEM(subscribers, i);
        int there = take_pending(s);
        if (there < 0 && s->path != NULL && PyErr_ExceptionMatches(PyExc_Exception) &&
            !PyErr_ExceptionMatches(PyExc_MemoryError)) {
            PyErr_Clear();
            there = 1;
        }
        if (there < 0 || (there > 0 && PyList_Append(found, (PyObject *)s) < 0)) {
            Py_CLEAR(found);
        }
    }
    return found;
}

PyObject *
select_subscribers(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *subscribers, *timeout;
    struct wait w;
    if (!PyArg_ParseTuple(args, "O!O:select", &PyTuple_Type, &subscribers, &timeout)) {
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(subscribers);
    for (Py_ssize_t i = 0; i < n || n == 0; i++) {
        if (n == 0 || !is_subscriber_type(Py_TYPE(PyTuple_GET_ITEM(subscribers, i)))) {
            PyErr_Format(PyExc_TypeError, "select: found %R; expected a tuple of subscribers, of one at least",
                         subscribers);
            return NULL;
        }
    }
    if (wait_begin((Subscriber *)PyTuple_GET_ITEM(subscribers, 0), &w, timeout) < 0) {
        return NULL;
    }
    struct pauses p = {0};
    for (;;) {
        PyObject *found = find(subscribers);
        if (found == NULL || PyList_GET_SIZE(found) > 0 || clock_now(CLOCK_MONOTONIC) >= w.deadline) {
            return found;
        }
        Py_DECREF(found);
        sleep_for_news(subscribers, n, seen_of, &p, w.deadline);
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
}
