/* A value's own code may run while it is converted, and other threads while it is copied: what is published is complete
   in memory of its own by then, or in a chunk that is taken, and the publisher is looked at again. */
#include "publish_payload.h"

#include "../protocol/eventcount.h"
#include "numpy_api.h"
#include "record_source.h"
#include "refuse.h"
#include "source.h"

/* Returns a new reference to None, or NULL with an error set. */
static PyObject *
put_inline(Publisher *p, struct writer *w, const struct source *s, struct stamp *stamp, bool last)
{
    uint64_t words[SHM_INLINE_LIMIT / 8];
    words[(w->type.size - 1) / 8] = 0; /* what the value leaves of the last one */
    if (source_fill(s, &w->type, words) < 0) {
        return NULL;
    }
    if (!writer_is_open(p, w)) {
        return refuse_publisher(p);
    }
    uint64_t now;
    if (!stamp_time(p, stamp, &now)) {
        return NULL;
    }
    writer_publish_words(p, w, words, now, last);
    Py_RETURN_NONE;
}

static PyObject *
put_chunk(Publisher *p, struct writer *w, const struct source *s, struct stamp *stamp, bool last)
{
    PyObject *refused;
    uint32_t chunk;
    if (!writer_take(p, w, &chunk, &refused)) {
        return refused;
    }
    w->filling++;
    int copied = source_fill(s, &w->type, pool_payload(&w->chunks.pool, chunk));
    writer_end_filling(w);
    uint64_t now;
    bool failed = copied < 0, open = writer_is_open(p, w);
    if (failed || !open || !stamp_time(p, stamp, &now)) {
        chunks_drop(&w->chunks, chunk);
        return failed || open ? NULL : refuse_publisher(p);
    }
    writer_publish(p, w, chunk, s->length, now, last);
    Py_RETURN_NONE;
}

static PyObject *
put(Publisher *p, struct writer *w, const struct source *s, struct stamp *stamp, bool last)
{
    if (!writer_is_open(p, w)) {
        return refuse_publisher(p);
    }
    return w->memory == NULL ? put_inline(p, w, s, stamp, last) : put_chunk(p, w, s, stamp, last);
}

/* Whether there is no time to parse, or it is one that fits: now, before a chunk is taken, and again when the value is
   published. Returns false with an error set. */
static bool
is_time(Publisher *p, struct writer *w, struct stamp *stamp)
{
    return stamp == NULL || (stamp_parse(p, stamp->object, &stamp->ns) &&
                             (!writer_is_open(p, w) || stamp_in_order(p, stamp)));
}

/* A record that is inline. */
static PyObject *
publish_record(Publisher *p, struct writer *w, PyObject *value, struct stamp *stamp)
{
    uint64_t words[SHM_INLINE_LIMIT / 8];
    memset(words, 0, (w->type.size + 7) & ~(size_t)7);
    enum fit fit = record_words(p, w, value, (char *)words);
    if (stamp != NULL && fit == FITS && writer_is_open(p, w) && !is_time(p, w, stamp)) {
        return NULL;
    }
    if (!writer_is_open(p, w)) {
        return PyErr_Occurred() ? NULL : refuse_publisher(p);
    }
    if (fit != FITS) {
        return NULL;
    }
    uint64_t now;
    if (!stamp_time(p, stamp, &now)) {
        return NULL;
    }
    writer_publish_words(p, w, words, now, true);
    Py_RETURN_NONE;
}

PyObject *
publish_source(Publisher *p, struct writer *w, const struct source *s, struct stamp *stamp)
{
    return is_time(p, w, stamp) ? put(p, w, s, stamp, true) : NULL;
}

PyObject *
publish_payload(Publisher *p, PyObject *value, struct stamp *stamp)
{
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    struct writer *w = writer_hold(p->writer);
    struct source s;
    PyObject *result;
    if (__builtin_expect(w->type.tag == SHM_RECORD, 0) && w->memory == NULL) {
        result = publish_record(p, w, value, stamp);
    }
    else if (source_of(p, w, value, -1, &s) == 0) {
        result = publish_source(p, w, &s, stamp);
        source_release(&s);
    }
    else {
        result = PyErr_Occurred() ? NULL : refuse_publisher(p);
    }
    writer_release(w);
    return result;
}

/* The last value of a batch notifies. If the batch ends before, the values so far are there. */
static PyObject *
put_next(Publisher *p, struct writer *w, const struct source *s, struct stamp *stamp, Py_ssize_t i, Py_ssize_t n)
{
    PyObject *result = put(p, w, s, stamp, i == n - 1);
    if (result == NULL && i > 0 && writer_is_open(p, w)) {
        eventcount_notify(p->wait);
    }
    return result;
}

/* Publishes what all of them were checked to be. */
static PyObject *
put_all(Publisher *p, struct writer *w, struct source *sources, Py_ssize_t n)
{
    struct stamp stamp = {0};
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *result = put_next(p, w, &sources[i], &stamp, i, n);
        if (result == NULL || !writer_is_open(p, w)) {
            return result;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

static PyObject *
publish_items(Publisher *p, struct writer *w, PyObject *items)
{
    Py_ssize_t n = PyTuple_GET_SIZE(items), made = 0;
    struct source *sources = PyMem_RawMalloc((size_t)(n + 1) * sizeof *sources);
    if (sources == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *result = NULL;
    while (made < n && source_of(p, w, PyTuple_GET_ITEM(items, made), made, &sources[made]) == 0) {
        made++;
    }
    if (made == n) {
        result = writer_is_open(p, w) ? put_all(p, w, sources, n) : refuse_publisher(p);
    }
    else if (!PyErr_Occurred()) {
        result = refuse_publisher(p);
    }
    while (made > 0) {
        source_release(&sources[--made]);
    }
    PyMem_RawFree(sources);
    return result;
}

static PyObject *
publish_rows(Publisher *p, struct writer *w, const Py_buffer *rows, size_t length)
{
    struct stamp stamp = {0};
    for (Py_ssize_t i = 0, n = rows->shape[0]; i < n; i++) {
        struct source s;
        source_of_row(&w->type, rows, length, i, &s);
        PyObject *result = put_next(p, w, &s, &stamp, i, n);
        source_release(&s);
        if (result == NULL || !writer_is_open(p, w)) {
            return result;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

/* A leading axis is read without an object for each value, except by numpy, which copies odd strides faster. Returns
   NULL without an error if values has none. */
static PyObject *
publish_buffer(Publisher *p, struct writer *w, PyObject *values)
{
    Py_buffer rows;
    size_t length;
    PyObject *result = NULL;
    if (PyObject_GetBuffer(values, &rows, PyBUF_STRIDES | PyBUF_FORMAT) < 0) {
        if (PyErr_ExceptionMatches(PyExc_Exception)) {
            PyErr_Clear(); /* go on item by item */
        }
        return NULL;
    }
    if (source_has_rows(&w->type, &rows, &length)) {
        result = writer_is_open(p, w) ? publish_rows(p, w, &rows, length) : refuse_publisher(p);
    }
    PyBuffer_Release(&rows);
    return result;
}

/* Whether the error that is set, if there is one, says that values cannot be iterated over. A str's items are not what
   anybody means. */
static bool
has_no_items(PyObject *values)
{
    return PyUnicode_Check(values) ||
           (PyErr_ExceptionMatches(PyExc_TypeError) && Py_TYPE(values)->tp_iter == NULL) ||
           (PyErr_ExceptionMatches(PyExc_NotImplementedError) && PyMemoryView_Check(values)); /* of several axes */
}

PyObject *
publish_payloads(Publisher *p, PyObject *values)
{
    struct writer *w = writer_hold(p->writer);
    PyObject *result = NULL;
    bool rows = w->type.tag == SHM_SCALAR || (w->type.tag == SHM_ARRAY && !numpy_is_array(values));
    if (rows && PyObject_CheckBuffer(values)) {
        result = publish_buffer(p, w, values);
    }
    if (result == NULL && !PyErr_Occurred()) {
        PyObject *items = PyUnicode_Check(values) ? NULL : PySequence_Tuple(values);
        if (items != NULL) {
            result = publish_items(p, w, items);
            Py_DECREF(items);
        }
        else if (has_no_items(values)) {
            PyErr_Clear();
            result = refuse_values(p, values);
        }
    }
    writer_release(w);
    return result;
}
