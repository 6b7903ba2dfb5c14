#include "receive.h"

#include "arguments.h"
#include "attachment.h"
#include "convert.h"
#include "sample.h"
#include "take.h"
#include "wait.h"

typedef PyObject *maker(const Subscriber *s, const struct ring_value *v);

static PyObject *
make_value(const Subscriber *s, const struct ring_value *v)
{
    return value_object(s->type, v->word);
}

/* Takes the next value as an object: 1, 0 if there is none, or -1 with an error set. */
static inline int
take_object(Subscriber *s, maker *make, PyObject **object)
{
    struct cursor_mark before = cursor_mark(&s->cursor);
    struct ring_value v;
    int found = take(s, &v);
    if (found <= 0) {
        return found;
    }
    *object = make(s, &v);
    if (*object != NULL) {
        return 1;
    }
    if (!take_back(s, &before, v.k)) {
        s->cursor.lost++;
    }
    return -1;
}

/* Whether s was opened again since open_epoch; an error is set then. */
static bool
is_over(Subscriber *s, uint64_t open_epoch)
{
    bool over = s->path != NULL && s->open_epoch != open_epoch;
    if (over) {
        raised(PyObject_CallMethod((PyObject *)s, "_say_set_up_again", NULL));
    }
    return over;
}

/* Takes the next value, or waits for it, before s is opened again. NULL without an error set if the time is up. */
static PyObject *
take_or_wait(Subscriber *s, uint64_t open_epoch, struct wait *w, maker *make)
{
    for (;;) {
        PyObject *object = NULL;
        if (take_object(s, make, &object) != 0) {
            return object;
        }
        if (wait_value(s, w) <= 0 || is_over(s, open_epoch)) {
            return NULL;
        }
    }
}

/* Parses the only argument of the methods that wait. Returns false with an error set if there are others. */
static bool
timeout_of(const char *method, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **timeout)
{
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    *timeout = n + named > 0 ? args[0] : NULL;
    if (n + named > 1) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most 1 argument (%zd given)", method, n + named);
        return false;
    }
    if (named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "timeout") != 0) {
        PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", method,
                     PyTuple_GET_ITEM(names, 0));
        return false;
    }
    return true;
}

static PyObject *
timed_out(Subscriber *s, const char *what, PyObject *timeout)
{
    return PyErr_Occurred() ? NULL : raised(PyObject_CallMethod((PyObject *)s, "_timed_out", "sO", what, timeout));
}

static PyObject *
receive(Subscriber *s, PyObject *timeout, maker *make)
{
    struct wait w;
    uint64_t open_epoch = s->open_epoch;
    if (wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    PyObject *object = take_or_wait(s, open_epoch, &w, make);
    return object != NULL ? object : timed_out(s, "value", timeout);
}

PyObject *
receive_recv(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *timeout;
    return timeout_of("recv", args, n, names, &timeout) ? receive(s, timeout, make_value) : NULL;
}

PyObject *
receive_sample(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *timeout;
    return timeout_of("recv_sample", args, n, names, &timeout) ? receive(s, timeout, sample_object) : NULL;
}

PyObject *
receive_try(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    PyObject *object = NULL;
    return take_object(s, make_value, &object) != 0 ? object : Py_NewRef(Py_None);
}

/* For callback= and arecv(), which end when s is opened again. That is checked here, in one step with taking. */
PyObject *
receive_in(Subscriber *s, PyObject *args)
{
    struct wait w;
    unsigned long long open_epoch;
    int waits;
    if (!PyArg_ParseTuple(args, "Kp:_take", &open_epoch, &waits) || wait_begin(s, &w, NULL) < 0 || is_over(s, open_epoch)) {
        return NULL;
    }
    if (!waits) {
        w.deadline = 0;
    }
    PyObject *object = take_or_wait(s, open_epoch, &w, make_value);
    return object != NULL || PyErr_Occurred() ? object : Py_NewRef(Py_None);
}

/* __next__: the loop ends when the subscriber is closed. */
PyObject *
receive_next(Subscriber *s)
{
    struct wait w;
    uint64_t open_epoch = s->open_epoch;
    if (s->path == NULL || wait_begin(s, &w, NULL) < 0) {
        return NULL;
    }
    PyObject *object = take_or_wait(s, open_epoch, &w, make_value);
    if (object == NULL && (s->path == NULL || s->open_epoch != open_epoch) && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* the ClosedError of a subscriber that was closed while it waited */
    }
    return object;
}

PyObject *
receive_newest(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    int ready = attachment_ready(s);
    if (ready < 0) {
        return NULL;
    }
    struct ring_value v;
    enum ring_read found = ready ? ring_newest(&s->ring, &v.word, &v.time) : RING_EMPTY;
    if (found == RING_CORRUPT) {
        return PyObject_CallMethod((PyObject *)s, "_corrupt", NULL);
    }
    if (found == RING_EMPTY || value_too_old(s, v.time)) {
        Py_RETURN_NONE;
    }
    v.k = s->ring.k;
    return sample_object(s, &v);
}

PyObject *
receive_publisher(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *timeout;
    struct wait w;
    uint64_t open_epoch = s->open_epoch;
    if (!timeout_of("wait_for_publisher", args, n, names, &timeout) || wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    for (;;) {
        if (is_over(s, open_epoch)) {
            return NULL;
        }
        int ready = attachment_ready(s);
        if (ready < 0) {
            return NULL;
        }
        if (ready && attachment_publisher_lives(s)) {
            Py_RETURN_NONE;
        }
        if (wait_name(&w) <= 0) {
            return timed_out(s, "publisher", timeout);
        }
    }
}
