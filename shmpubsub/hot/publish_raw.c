/* The bytes may come from a file of anybody's: readers check each length and text again, but no publisher publishes what
   they refuse. */
#include "publish_raw.h"

#include "copy_payload.h"
#include "decode.h"
#include "publish_payload.h"
#include "record.h"
#include "refuse.h"

/* These return 1; 0: no value has such bytes; -1 with an error set. */

static int
text_is_sound(const char *bytes, uint64_t length)
{
    PyObject *text = decode_utf8(bytes, (Py_ssize_t)length);
    if (text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(text);
    return 1;
}

static int records_are_sound(const Record *r, const char *bytes, uint64_t n);

static int
field_is_sound(const struct field *f, const char *at)
{
    const struct value_type *t = &f->type;
    uint64_t steps = t->size / t->row;
    if (t->variable) {
        memcpy(&steps, at, sizeof steps);
        at += sizeof steps;
        if (steps > t->max) {
            return 0;
        }
    }
    if (t->tag == SHM_TEXT) {
        return text_is_sound(at, steps);
    }
    return t->record == NULL ? 1 : records_are_sound(record_of(t), at, steps * (t->row / t->itemsize));
}

static int
records_are_sound(const Record *r, const char *bytes, uint64_t n)
{
    int sound = 1;
    if (!r->lengths) {
        return sound;
    }
    for (; sound > 0 && n > 0; n--, bytes += r->size) {
        for (const struct field *f = r->fields; sound > 0 && f < r->fields + r->n; f++) {
            sound = field_is_sound(f, bytes + f->offset);
        }
    }
    return sound;
}

static int
is_sound(const struct value_type *t, const char *bytes, uint64_t length)
{
    if (value_count(t, length) < 0) {
        return 0;
    }
    if (t->tag == SHM_TEXT) {
        return text_is_sound(bytes, length);
    }
    return t->record == NULL ? 1 : records_are_sound(record_of(t), bytes, length / t->itemsize);
}

PyObject *
publish_raw(Publisher *p, PyObject *value, struct stamp *stamp)
{
    struct writer *w = writer_hold(p->writer);
    PyObject *result = NULL;
    Py_buffer bytes;
    if (PyObject_GetBuffer(value, &bytes, PyBUF_SIMPLE) == 0) {
        int sound = is_sound(&w->type, bytes.buf, (uint64_t)bytes.len);
        if (sound > 0) {
            struct source s = {.value = value, .from.data = bytes.buf, .length = (size_t)bytes.len};
            result = publish_source(p, w, &s, stamp);
        }
        else if (sound == 0) {
            result = writer_is_open(p, w) ? refuse_raw(p, value) : refuse_publisher(p);
        }
        PyBuffer_Release(&bytes);
    }
    else if (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_BufferError) ||
             PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* it has no bytes, or not side by side */
        result = writer_is_open(p, w) ? refuse_raw(p, value) : refuse_publisher(p);
    }
    writer_release(w);
    return result;
}
