#include "receive.h"

#include "arguments.h"
#include "attachment.h"
#include "convert.h"
#include "into.h"
#include "keywords.h"
#include "newest.h"
#include "sample.h"
#include "take.h"
#include "take_object.h"
#include "wait.h"

/* Takes the next value as an object: 1, 0 if there is none, or -1 with an error set. */
static ALWAYS_INLINE int
take_next(Subscriber *s, const struct wish *w, PyObject **object)
{
    if (__builtin_expect(s->type == BY_FILE, 0)) {
        return take_object(s, w, object);
    }
    struct cursor_mark before = cursor_mark(&s->cursor);
    struct ring_value v;
    int found = take(s, &v);
    if (found <= 0) {
        return found;
    }
    *object = w->sample ? sample_object(s, &v) : value_object(s->type, v.word);
    if (*object != NULL) {
        return 1;
    }
    if (!take_back(s, &before, v.k)) {
        s->cursor.lost++;
    }
    return -1;
}

/* Takes the next value, or waits for it, before s is opened again. NULL without an error set if the time is up. */
static ALWAYS_INLINE PyObject *
take_or_wait(Subscriber *s, struct wait *w, struct wish *wish)
{
    wish->deadline = w->deadline;
    for (;;) {
        PyObject *object = NULL;
        if (take_next(s, wish, &object) != 0) {
            return object;
        }
        if (wait_value(s, w) <= 0 || attachment_is_over(s, wish->open_epoch)) {
            return NULL;
        }
    }
}

static ALWAYS_INLINE PyObject *
receive(Subscriber *s, PyObject *timeout, struct wish *wish)
{
    struct wait w;
    wish->open_epoch = s->open_epoch;
    if (wish->into != NULL && s->type != BY_FILE) {
        return into_refuse_scalar(s, wish->into);
    }
    if (wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    PyObject *object = take_or_wait(s, &w, wish);
    return object != NULL ? object : wait_timed_out(s, "value", timeout);
}

PyObject *
receive_recv(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"recv", true, {"timeout", "into"}};
    PyObject *values[2] = {NULL, NULL};
    if ((n > 0 || names != NULL) && !keywords_parse(&signature, args, n, names, values)) {
        return NULL;
    }
    struct wish wish = {.into = values[1] == Py_None ? NULL : values[1]};
    return receive(s, values[0], &wish);
}

PyObject *
receive_sample(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"recv_sample", true, {"timeout"}};
    PyObject *timeout;
    struct wish wish = {.sample = true};
    return keywords_parse(&signature, args, n, names, &timeout) ? receive(s, timeout, &wish) : NULL;
}

PyObject *
receive_try(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    PyObject *object = NULL;
    struct wish wish = {.open_epoch = s->open_epoch};
    return take_next(s, &wish, &object) != 0 ? object : Py_NewRef(Py_None);
}

PyObject *
receive_try_into(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *object = NULL;
    struct wish wish = {.open_epoch = s->open_epoch};
    if (!into_of("try_recv", args, n, names, &wish.into)) {
        return NULL;
    }
    if (wish.into != NULL && s->type != BY_FILE) {
        return into_refuse_scalar(s, wish.into);
    }
    return take_next(s, &wish, &object) != 0 ? object : Py_NewRef(Py_None);
}

/* For callback= and arecv(), which end when s is opened again. That is checked here, in one step with taking. */
PyObject *
receive_in(Subscriber *s, PyObject *args)
{
    struct wait w;
    unsigned long long open_epoch;
    int waits;
    if (!PyArg_ParseTuple(args, "Kp:_take", &open_epoch, &waits) || wait_begin(s, &w, NULL) < 0 ||
        attachment_is_over(s, open_epoch)) {
        return NULL;
    }
    if (!waits) {
        w.deadline = 0;
    }
    struct wish wish = {.open_epoch = open_epoch};
    PyObject *object = take_or_wait(s, &w, &wish);
    return object != NULL || PyErr_Occurred() ? object : Py_NewRef(Py_None);
}

/* __next__: the loop ends when the subscriber is closed. */
PyObject *
receive_next(Subscriber *s)
{
    struct wait w;
    struct wish wish = {.open_epoch = s->open_epoch};
    if (s->path == NULL || wait_begin(s, &w, NULL) < 0) {
        return NULL;
    }
    PyObject *object = take_or_wait(s, &w, &wish);
    if (object == NULL && (s->path == NULL || s->open_epoch != wish.open_epoch) && PyErr_ExceptionMatches(PyExc_ValueError)) {
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
    if (ready && s->type == BY_FILE) {
        return newest_sample(s);
    }
    struct ring_value v;
    enum ring_read found = ready ? ring_newest(&s->ring, &v.word, &v.time) : RING_EMPTY;
    if (found == RING_CORRUPT) {
        return raise_corrupt((PyObject *)s);
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
    static const struct signature signature = {"wait_for_publisher", true, {"timeout"}};
    PyObject *timeout;
    struct wait w;
    uint64_t open_epoch = s->open_epoch;
    if (!keywords_parse(&signature, args, n, names, &timeout) || wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    for (;;) {
        if (attachment_is_over(s, open_epoch)) {
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
            return wait_timed_out(s, "publisher", timeout);
        }
    }
}
