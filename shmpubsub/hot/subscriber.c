#include "subscriber.h"

#include "arguments.h"
#include "attachment.h"
#include "convert.h"
#include "extra_watch.h"
#include "fileno.h"
#include "into.h"
#include "newest.h"
#include "numpy_api.h"
#include "sample.h"

/* Returns the pair (value, True) of value k, remembers it as s->last_pair, and takes over the reference to value. If
   the caller has dropped the pair it was given before, as `value, ok = ...` does at once, that pair is used again, as
   zip() does. NULL with an error set. */
static PyObject *
reuse_pair(Subscriber *s, PyObject *value, uint64_t k, uint64_t time)
{
    if (s->last_pair != NULL && Py_REFCNT(s->last_pair) == 1) {
        PyObject *old = PyTuple_GET_ITEM(s->last_pair, 0);
        PyTuple_SET_ITEM(s->last_pair, 0, value);
        Py_DECREF(old);
#if PY_VERSION_HEX >= 0x030e0000
        ((PyTupleObject *)s->last_pair)->ob_hash = -1; /* its hash may have been computed */
#endif
    }
    else {
        uint64_t epoch = s->cursor.epoch;
        PyObject *pair = pair_of(value);
        if (pair == NULL) {
            return NULL;
        }
        if (epoch != s->cursor.epoch) {
            return pair; /* garbage was collected, and a finalizer attached s to another file */
        }
        Py_XSETREF(s->last_pair, pair);
    }
    s->last_k = k;
    s->last_time = time;
    return Py_NewRef(s->last_pair);
}

static PyObject *
newest(Subscriber *s)
{
    ring_prefetch_next(&s->ring);
    /* A published value never changes: the same head is the same value. */
    uint64_t head = ring_published(&s->ring);
    if (head == s->last_k && head != 0) {
        return Py_NewRef(value_too_old(s, s->last_time) ? s->default_pair : s->last_pair);
    }
    if (__builtin_expect(s->type == BY_FILE, 0)) {
        return newest_pair(s, NULL);
    }
    uint64_t word, time;
    switch (ring_newest(&s->ring, &word, &time)) {
    case RING_CORRUPT:
        return raise_corrupt((PyObject *)s);
    case RING_EMPTY:
        return Py_NewRef(s->default_pair);
    case RING_OK:
        break;
    }
    if (value_too_old(s, time)) {
        return Py_NewRef(s->default_pair);
    }
    uint64_t k = s->ring.k; /* before objects are made, which may run a finalizer that reads from s */
    PyObject *value = value_object(s->type, word);
    return value == NULL ? NULL : reuse_pair(s, value, k, time);
}

PyObject *
subscriber_subscribe(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    int ready = attachment_ready(s);
    if (__builtin_expect(ready > 0, 1)) {
        return newest(s);
    }
    return ready < 0 ? NULL : nothing(s);
}

/* The same for a subscriber whose values may be arrays. */
PyObject *
subscriber_subscribe_into(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *into;
    if (!into_of("subscribe", args, n, names, &into)) {
        return NULL;
    }
    if (s->type != BY_FILE) {
        return into == NULL ? subscriber_subscribe(s, NULL) : into_refuse_scalar(s, into);
    }
    int ready = attachment_ready(s);
    return ready > 0 ? newest_pair(s, into) : ready < 0 ? NULL : nothing(s);
}

PyObject *
subscriber_open(Subscriber *s, PyObject *args)
{
    PyObject *path, *default_pair, *make, *record = Py_None;
    int tag, copy, raw = false;
    unsigned long long max_age, history;
    if (!PyArg_ParseTuple(args, "SiO!KKpO|Op:_open", &path, &tag, &PyTuple_Type, &default_pair, &max_age, &history,
                          &copy, &make, &record, &raw)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(default_pair) != 2) {
        PyErr_Format(PyExc_ValueError, "_open: found the pair %R; expected (default, False)", default_pair);
        return NULL;
    }
    if (tag == SHM_ARRAY && make == Py_None && !raw && !numpy_ready()) {
        PyErr_SetString(PyExc_ImportError, "found a numpy with another ABI than those of 1.x and 2.x; expected one of "
                        "these; install another numpy, or a newer shm_pub_sub");
        return NULL;
    }
    cursor_end(&s->cursor);
    attachment_detach(s);
    extra_watch_detach_all(s);
    s->cursor.lost = s->cursor.taken_time = s->cursor.pending_loss_time = 0;
    uint64_t open_epoch = ++s->open_epoch;
    s->history = history;
    s->joined = false;
    s->untrusted = (struct identity){0};
    s->type = tag <= SHM_FLOAT ? (enum shm_type)tag : BY_FILE;
    s->max_age = max_age;
    s->copy = copy;
    s->raw = raw;
    s->copied = 0;
    PyObject *old_path = s->path, *old_pair = s->default_pair, *old_make = s->make, *old_record = s->record;
    s->path = Py_NewRef(path);
    s->default_pair = Py_NewRef(default_pair);
    s->make = make == Py_None ? NULL : Py_NewRef(make);
    s->record = record == Py_None ? NULL : Py_NewRef(record);
    Py_XDECREF(old_path); /* last: it may run code that uses s */
    Py_XDECREF(old_make);
    Py_XDECREF(old_record);
    Py_XDECREF(old_pair);
    return PyLong_FromUnsignedLongLong(open_epoch);
}

PyObject *
subscriber_close(Subscriber *s, PyObject *args)
{
    unsigned long long open_epoch = 0;
    if (!PyArg_ParseTuple(args, "|K:_close", &open_epoch)) {
        return NULL;
    }
    if (open_epoch != 0 && open_epoch != s->open_epoch) {
        Py_RETURN_FALSE;
    }
    bool was_open = s->path != NULL;
    cursor_end(&s->cursor); /* its epoch moves on: a file that another thread is opening is not for this one */
    attachment_detach(s);
    fileno_end(s);
    extra_watch_detach_all(s);
    Py_CLEAR(s->path);
    return PyBool_FromLong(was_open);
}

PyObject *
subscriber_alive(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    if (s->ring.mapped != NULL && !topic_file_fd_is_ours(s->cursor.present.file)) {
        s->cursor.present.file->reopen = true; /* the lock cannot be queried without its descriptor */
        s->ring.mapped = NULL;
    }
    if (s->ring.mapped != NULL && __atomic_load_n(&s->ring.mapped->retired, __ATOMIC_ACQUIRE)) {
        s->ring.mapped = NULL;
    }
    if (s->ring.mapped == NULL && attachment_attach(s) < 0) {
        return NULL;
    }
    return PyBool_FromLong(s->ring.mapped != NULL && attachment_publisher_lives(s));
}

void
subscriber_dealloc(Subscriber *s)
{
    PyTypeObject *type = Py_TYPE(s);
    if (s->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)s);
    }
    cursor_end(&s->cursor);
    attachment_detach(s);
    fileno_end(s);
    Py_XDECREF(s->path);
    Py_XDECREF(s->default_pair);
    Py_XDECREF(s->last_pair);
    Py_XDECREF(s->make);
    Py_XDECREF(s->record);
    type->tp_free((PyObject *)s);
    Py_DECREF(type);
}
