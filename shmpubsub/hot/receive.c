/* Receiving: the methods that take the next value, and those that look at the newest one. */
#include "subscriber.h"

#include "convert.h"

typedef PyObject *maker(const Subscriber *s, const struct shm_value *v);

static PyObject *
make_value(const Subscriber *s, const struct shm_value *v)
{
    return value_object(s->type, v->word);
}

/* Takes the next value as an object: 1, 0 there is none, or -1 with an error set. */
static inline int
take(Subscriber *s, maker *make, PyObject **object)
{
    struct shm_place before = stream_place(s);
    struct shm_value v;
    int found = stream_take(s, &v);
    if (found <= 0) {
        return found;
    }
    *object = make(s, &v);
    if (*object != NULL) {
        return 1;
    }
    if (!stream_return(s, &before, v.k)) {
        s->lost++;
    }
    return -1;
}

/* Whether s was set up again since that life of it; an error is set then. */
static bool
is_over(Subscriber *s, uint64_t life)
{
    bool over = s->path != NULL && s->lives != life;
    if (over) {
        shm_raised(PyObject_CallMethod((PyObject *)s, "_say_set_up_again", NULL));
    }
    return over;
}

/* As take, but waits for it, in one life of s; NULL without an error set where the time is up. */
static PyObject *
take_or_wait(Subscriber *s, uint64_t life, struct shm_wait *w, maker *make)
{
    for (;;) {
        PyObject *object = NULL;
        if (take(s, make, &object) != 0) {
            return object;
        }
        if (wait_value(s, w) <= 0 || is_over(s, life)) {
            return NULL;
        }
    }
}

/* The one argument of the methods that wait. Returns false with an error set where there are others. */
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
    return PyErr_Occurred() ? NULL : shm_raised(PyObject_CallMethod((PyObject *)s, "_timed_out", "sO", what, timeout));
}

static PyObject *
receive(Subscriber *s, PyObject *timeout, maker *make)
{
    struct shm_wait w;
    uint64_t life = s->lives;
    if (wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    PyObject *object = take_or_wait(s, life, &w, make);
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
    return take(s, make_value, &object) != 0 ? object : Py_NewRef(Py_None);
}

/* For callback= and arecv(), which belong to one life of s: what it is set up for again is not for them. Whether s
   still lives it is looked at here, in one step with taking. */
PyObject *
receive_in(Subscriber *s, PyObject *args)
{
    struct shm_wait w;
    unsigned long long life;
    int waits;
    if (!PyArg_ParseTuple(args, "Kp:_take", &life, &waits) || wait_begin(s, &w, NULL) < 0 || is_over(s, life)) {
        return NULL;
    }
    if (!waits) {
        w.deadline = 0;
    }
    PyObject *object = take_or_wait(s, life, &w, make_value);
    return object != NULL || PyErr_Occurred() ? object : Py_NewRef(Py_None);
}

/* __next__: the end is that of the subscriber. */
PyObject *
receive_next(Subscriber *s)
{
    struct shm_wait w;
    uint64_t life = s->lives;
    if (s->path == NULL || wait_begin(s, &w, NULL) < 0) {
        return NULL;
    }
    PyObject *object = take_or_wait(s, life, &w, make_value);
    if (object == NULL && (s->path == NULL || s->lives != life) && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* the ClosedError of who finds it closed while it waits */
    }
    return object;
}

/* The newest value as a sample, taken or not. */
PyObject *
receive_newest(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    int ready = attachment_ready(s);
    if (ready < 0) {
        return NULL;
    }
    struct shm_value v;
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
    struct shm_wait w;
    uint64_t life = s->lives;
    if (!timeout_of("wait_for_publisher", args, n, names, &timeout) || wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    for (;;) {
        if (is_over(s, life)) {
            return NULL;
        }
        int ready = attachment_ready(s);
        if (ready < 0) {
            return NULL;
        }
        if (ready && attachment_publisher_lives(s)) {
            Py_RETURN_NONE;
        }
        if (wait_name(s, &w) <= 0) {
            return timed_out(s, "publisher", timeout);
        }
    }
}
