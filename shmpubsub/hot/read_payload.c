#include "read_payload.h"

#include "arguments.h"
#include "convert.h"
#include "copy_payload.h"
#include "decode.h"
#include "into.h"
#include "into_record.h"
#include "numpy_api.h"
#include "read_record.h"
#include "view.h"

/* Raw values of up to so many bytes are copied: that is faster than a view, and leaves the topic's views to others. */
#define RAW_SMALL 4096

bool
read_pin_copy(struct ring r, struct topic_file *f, const char *path, struct payload *p)
{
    if (payload_is_kept(p)) {
        return true;
    }
    uint64_t k = p->k;
    payload_release(p);
    return payload_at(&r, f, path, PAYLOAD_COPY, p, k) == RING_OK;
}

/* Copies to memory that belongs to a new object, whose reference is taken over. */
static int
fill(const struct payload *p, PyObject *made, void *data, PyObject **object)
{
    if (made == NULL) {
        return -1;
    }
    if (!copy_payload(p, data)) {
        Py_DECREF(made);
        return 0;
    }
    *object = made;
    return 1;
}

/* The bytes of a value of any type. A memoryview's obj says whether they are its own: it is a bytes object then. */
static int
read_raw(Subscriber *s, const struct value_type *t, struct payload *p, PyObject **object)
{
    Py_ssize_t length = (Py_ssize_t)p->length;
    if (length > RAW_SMALL && p->hold.file != NULL && may_stay(p)) {
        *object = view_memory(t, length, p);
        return *object != NULL ? 1 : -1;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, length);
    int made = fill(p, bytes, bytes == NULL ? NULL : PyBytes_AS_STRING(bytes), object);
    if (made > 0 && length > RAW_SMALL) {
        s->copied++;
        Py_SETREF(*object, PyMemoryView_FromObject(*object));
        made = *object != NULL ? 1 : -1;
    }
    return made;
}

/* An array of the default's kind, which the shim makes. */
static int
made_array(Subscriber *s, const struct payload *p, Py_ssize_t n, PyObject **object)
{
    PyObject *make = Py_NewRef(s->make), *made = PyObject_CallFunction(make, "n", n);
    Py_DECREF(make);
    Py_buffer view;
    if (made == NULL || PyObject_GetBuffer(made, &view, PyBUF_WRITABLE) < 0) {
        Py_XDECREF(made);
        return -1;
    }
    if ((uint64_t)view.len != p->length) {
        PyErr_Format(PyExc_SystemError, "found an array of %zd bytes for a value of %llu", view.len,
                     (unsigned long long)p->length);
        PyBuffer_Release(&view);
        Py_DECREF(made);
        return -1;
    }
    int filled = fill(p, made, view.buf, object);
    PyBuffer_Release(&view);
    return filled;
}

static int
copied_array(Subscriber *s, const struct value_type *t, const struct payload *p, Py_ssize_t n, PyObject **object)
{
    if (s->make != NULL && s->copy) {
        return made_array(s, p, n, object);
    }
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(t, n, shape);
    void *data = NULL;
    PyObject *made;
    if (s->make == NULL && numpy_ready()) {
        made = numpy_new(t, t->ndim, shape);
        if (made != NULL) {
            struct numpy_array *a = (struct numpy_array *)made;
            data = a->data;
            a->flags &= s->copy ? ~0 : ~NUMPY_WRITEABLE; /* with copy=False all are read-only, whatever their size */
        }
    }
    else {
        made = view_own(t, t->ndim, shape, s->copy, &data);
    }
    return fill(p, made, data, object);
}

static int
view_of(Subscriber *s, const struct value_type *t, struct payload *p, Py_ssize_t n, PyObject **object)
{
    bool numpy = t->tag == SHM_ARRAY && s->make == NULL && numpy_ready();
    *object = numpy ? view_array(t, n, p) : view_memory(t, n, p);
    return *object != NULL ? 1 : -1;
}

static int
read_bytes(Subscriber *s, const struct payload *p, PyObject **object)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)p->length);
    int made = fill(p, bytes, bytes == NULL ? NULL : PyBytes_AS_STRING(bytes), object);
    if (made > 0 && !s->copy) {
        Py_SETREF(*object, PyMemoryView_FromObject(*object));
        made = *object != NULL ? 1 : -1;
    }
    return made;
}

static PyObject *
scalar(const struct value_type *t, const struct payload *p)
{
    return t->tag == SHM_SCALAR ? element_get(t, p->data) : value_object(t->tag, p->words[0]);
}

static int
read_into(Subscriber *s, const struct value_type *t, const struct payload *p, Py_ssize_t n, PyObject *into,
          PyObject **object)
{
    struct into d;
    if (into_open(&d, s, t, into, false) < 0) {
        return -1;
    }
    if (t->variable && n > into_room(&d)) {
        into_close(&d);
        raised(PyObject_CallMethod((PyObject *)s, "_refuse_room", "On", into, n));
        return -1;
    }
    int made = into_fill(&d, t, p);
    if (made > 0) {
        *object = t->variable ? into_first(&d, t, n) : Py_NewRef(into);
        made = *object != NULL ? 1 : -1;
    }
    into_close(&d);
    return made;
}

static int
read_object(Subscriber *s, const struct value_type *t, struct payload *p, PyObject *into, PyObject **object)
{
    Py_ssize_t n = value_count(t, p->length);
    if (n < 0) {
        raise_corrupt((PyObject *)s);
        return -1;
    }
    if (into != NULL) {
        return into_is_record(t) ? into_record(s, t, p, into, object) : read_into(s, t, p, n, into, object);
    }
    if (__builtin_expect(t->raw, 0)) {
        return read_raw(s, t, p, object);
    }
    bool views = !s->copy && p->hold.file != NULL;
    if (__builtin_expect(t->record != NULL, 0) && (t->tag != SHM_ARRAY || t->descr == NULL)) {
        return read_record(s, t, p, n, !s->copy, object);
    }
    switch (t->tag) {
    case SHM_TEXT:
        return decode_text(s, t, p, object);
    case SHM_LIST:
        return decode_list(t, p, object);
    case SHM_ARRAY:
    case SHM_BYTES:
        if (views && may_stay(p)) {
            return view_of(s, t, p, n, object);
        }
        int made = t->tag == SHM_ARRAY ? copied_array(s, t, p, n, object) : read_bytes(s, p, object);
        s->copied += views && made > 0;
        return made;
    default:
        *object = scalar(t, p);
        return *object != NULL ? 1 : -1;
    }
}

int
read_payload(Subscriber *s, struct topic_file *f, struct payload *p, PyObject *into, PyObject **object)
{
    struct hold kept = hold_file(f, NULL); /* the type is the file's */
    int made = read_object(s, f->type, p, into, object);
    if (made != 0) {
        payload_release(p);
    }
    hold_release(&kept);
    return made;
}

int
read_place(Subscriber *s, struct topic_file *f, struct payload *p, PyObject *into, Py_ssize_t place)
{
    struct hold kept = hold_file(f, NULL);
    const struct value_type *t = f->type;
    struct into d;
    int filled = into_open(&d, s, t, into, true);
    if (filled == 0) {
        bool fits = place < into_room(&d) && value_count(t, p->length) >= 0;
        filled = fits ? into_fill_place(&d, t, p, place) : -1;
        into_close(&d);
        if (!fits) {
            raise_corrupt((PyObject *)s);
        }
    }
    if (filled != 0) {
        payload_release(p);
    }
    hold_release(&kept);
    return filled;
}
