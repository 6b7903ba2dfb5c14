/* All values are converted to the ring's words first, so that a wrong one publishes nothing. A buffer of the topic's
   type is copied as it is. */
#include "publish_many.h"

#include "../protocol/eventcount.h"
#include "buffer.h"
#include "convert.h"
#include "publish_payload.h"
#include "refuse.h"

/* Publishes n values of that type, which lie stride bytes apart in memory. */
static void
write_all(Publisher *p, enum shm_type type, const char *item, Py_ssize_t stride, Py_ssize_t n)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    for (; n > 1; n--, item += stride) {
        ring_write_early(&p->ring, buffer_word(type, item), now);
    }
    if (n == 1) {
        ring_write(&p->ring, buffer_word(type, item), now);
        eventcount_notify(p->wait);
    }
}

/* Converts the items of a list or tuple, which the conversions may change meanwhile. Returns how many, or -1 with an
   error set. */
static Py_ssize_t
convert(Publisher *p, enum shm_type type, PyObject *items, uint64_t *words, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i >= PySequence_Fast_GET_SIZE(items)) {
            return i;
        }
        PyObject *value = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        int failed = value_word(type, value, &words[i]);
        if (failed) {
            bool overflow = PyErr_Occurred() != NULL;
            if (!overflow || PyErr_ExceptionMatches(PyExc_OverflowError)) {
                PyErr_Clear();
                refuse_value(p, value, overflow, i);
            }
        }
        Py_DECREF(value);
        if (failed) {
            return -1;
        }
    }
    return n;
}

static PyObject *
publish_items(Publisher *p, PyObject *values)
{
    enum shm_type type = p->type;
    PyObject *items = PySequence_Fast(values, "");
    if (items == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError) || Py_TYPE(values)->tp_iter != NULL) {
            return NULL; /* what the iterable itself raised */
        }
        PyErr_Clear();
        return refuse_values(p, values);
    }
    Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    uint64_t *words = PyMem_RawMalloc((size_t)(n > 0 ? n : 1) * sizeof *words);
    if (words == NULL) {
        Py_DECREF(items);
        return PyErr_NoMemory();
    }
    n = convert(p, type, items, words, n);
    Py_DECREF(items);
    PyObject *result = NULL;
    if (n >= 0) {
        /* The conversions may have run any code, which closed p or opened it again with another type. */
        if (p->ring.mapped == NULL) {
            result = refuse_publisher(p);
        }
        else if (p->type != type) {
            result = refuse_value(p, values, false, -1);
        }
        else {
            write_all(p, SHM_INT, (const char *)words, sizeof *words, n); /* words are copied as they are */
            result = Py_NewRef(Py_None);
        }
    }
    PyMem_RawFree(words);
    return result;
}

PyObject *
publish_many(Publisher *p, PyObject *values)
{
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    if (p->writer != NULL) {
        return publish_payloads(p, values);
    }
    Py_buffer view;
    if (PyObject_CheckBuffer(values)) {
        if (PyObject_GetBuffer(values, &view, PyBUF_STRIDES | PyBUF_FORMAT) < 0) {
            if (!PyErr_ExceptionMatches(PyExc_Exception)) {
                return NULL;
            }
            PyErr_Clear(); /* go on item by item */
        }
        else if (buffer_fits(p->type, &view)) {
            if (p->ring.mapped == NULL) { /* the exporter may have run any code */
                PyBuffer_Release(&view);
                return refuse_publisher(p);
            }
            Py_ssize_t stride = view.strides == NULL ? view.itemsize : view.strides[0];
            write_all(p, p->type, view.buf, stride, view.len / view.itemsize);
            PyBuffer_Release(&view);
            Py_RETURN_NONE;
        }
        else {
            PyBuffer_Release(&view);
        }
    }
    return publish_items(p, values);
}
