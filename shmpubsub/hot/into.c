#include "into.h"

#include "arguments.h"
#include "copy_payload.h"
#include "into_record.h"
#include "keywords.h"
#include "numpy_api.h"
#include "strided.h"

/* Below this many bytes in a row numpy's own loops are faster. */
#define SHORT_RUN 64

bool
into_parse(const char *method, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **into)
{
    const struct signature s = {method, false, {"into"}};
    if (!keywords_parse(&s, args, n, names, into)) {
        return false;
    }
    *into = *into == Py_None ? NULL : *into;
    return true;
}

void *
into_refuse_scalar(Subscriber *s, PyObject *into)
{
    return raised(PyObject_CallMethod((PyObject *)s, "_refuse_into", "Ois()i", into, (int)s->type, "", 0));
}

/* Takes an ndarray's fields or a buffer; 1: they are of the dtype and writable; 0: not; -1 with an error set. */
static int
look_at(struct into *d, const struct value_type *t, PyObject *object)
{
    const Py_ssize_t *shape, *strides;
    d->object = object;
    d->view.obj = NULL;
    if (numpy_is_array(object)) {
        const struct numpy_array *a = (const struct numpy_array *)object;
        if (!numpy_is_of(a, t) || !(a->flags & NUMPY_WRITEABLE)) {
            return 0;
        }
        d->data = a->data;
        d->ndim = a->ndim;
        shape = a->shape;
        strides = a->strides;
    }
    else {
        if (PyObject_GetBuffer(object, &d->view, PyBUF_RECORDS) < 0) {
            if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_BufferError) &&
                !PyErr_ExceptionMatches(PyExc_ValueError)) {
                return -1;
            }
            PyErr_Clear();
            return 0;
        }
        if (!format_fits(t, d->view.format, d->view.itemsize)) {
            return 0;
        }
        d->data = d->view.buf;
        d->ndim = d->view.ndim;
        shape = d->view.shape;
        strides = d->view.strides;
    }
    if (d->ndim > VALUE_MAX_NDIM + 1) {
        return 0;
    }
    /* Copies: another thread may give an array another shape. Both are NULL without axes. */
    for (int i = 0; i < d->ndim; i++) {
        d->shape[i] = shape[i];
        d->strides[i] = strides[i];
    }
    return 1;
}

static bool
shape_fits(struct into *d, const struct value_type *t, bool leading)
{
    if (d->ndim != t->ndim + leading) {
        return false;
    }
    Py_ssize_t stride = t->itemsize;
    d->contiguous = true;
    for (int i = d->ndim - 1; i >= 0; i--) {
        bool any = i == 0 && (leading || t->variable);
        if (!any && d->shape[i] != t->shape[i - leading]) {
            return false;
        }
        d->contiguous &= d->strides[i] == stride || d->shape[i] == 1 || d->shape[i] == 0;
        stride *= d->shape[i];
    }
    return true;
}

/* The type's shape for the shim: a tuple, with None for a first axis of any length. */
static PyObject *
shape_of(const struct value_type *t)
{
    PyObject *shape = PyTuple_New(t->ndim);
    for (int i = 0; shape != NULL && i < t->ndim; i++) {
        PyObject *axis = i == 0 && t->variable ? Py_NewRef(Py_None) : PyLong_FromSsize_t(t->shape[i]);
        if (axis == NULL) {
            Py_CLEAR(shape);
            break;
        }
        PyTuple_SET_ITEM(shape, i, axis);
    }
    return shape;
}

/* Whether such values can be in an array. */
static bool
suits(const struct value_type *t, bool leading)
{
    if (t->raw) {
        return false;
    }
    switch (t->tag) {
    case SHM_ARRAY:
    case SHM_BYTES:
        return true;
    case SHM_RECORD:
        return !into_is_record(t);
    case SHM_TEXT:
    case SHM_LIST:
        return false;
    default:
        return leading;
    }
}

int
into_open(struct into *d, Subscriber *s, const struct value_type *t, PyObject *object, bool leading)
{
    int fits = suits(t, leading) && !(leading && t->variable) ? look_at(d, t, object) : (d->view.obj = NULL, 0);
    if (fits > 0 && shape_fits(d, t, leading)) {
        return 0;
    }
    if (fits >= 0) {
        into_close(d);
        PyObject *shape = shape_of(t);
        if (shape != NULL) {
            PyObject *dtype = t->descr != NULL ? Py_NewRef(t->descr) : PyUnicode_FromString(t->dtype);
            raised(PyObject_CallMethod((PyObject *)s, "_refuse_into", "OiNNi", object, (int)t->tag, dtype, shape,
                                       (int)leading));
        }
    }
    return -1;
}

void
into_close(struct into *d)
{
    if (d->view.obj != NULL) {
        PyBuffer_Release(&d->view);
    }
}

/* Copies to a place of that shape, whatever its strides. */
static int
fill(char *to, int ndim, const Py_ssize_t *axes, const Py_ssize_t *strides, const struct value_type *t,
     const struct payload *p)
{
    Py_ssize_t shape[VALUE_MAX_NDIM + 1];
    memcpy(shape, axes, (size_t)ndim * sizeof *shape);
    if (t->variable) {
        shape[0] = value_count(t, p->length);
    }
    void *scratch = NULL;
    const void *from = p->data;
    if (!payload_is_kept(p)) {
        scratch = PyMem_RawMalloc(p->length);
        if (scratch == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (!copy_payload(p, scratch)) {
            PyMem_RawFree(scratch);
            return 0;
        }
        from = scratch;
    }
    int failed = 0, outer;
    struct strided target = {NULL, ndim, shape, strides, t->itemsize};
    if (strided_run(&target, &outer) < SHORT_RUN && t->record == NULL && numpy_ready()) {
        failed = numpy_fill(t, ndim, shape, strides, to, from);
    }
    else if (p->length < WITHOUT_GIL) {
        strided_fill(to, &target, from);
    }
    else {
        Py_BEGIN_ALLOW_THREADS
        strided_fill(to, &target, from);
        Py_END_ALLOW_THREADS
    }
    PyMem_RawFree(scratch);
    return failed ? -1 : 1;
}

int
into_fill(const struct into *d, const struct value_type *t, const struct payload *p)
{
    return d->contiguous ? copy_payload(p, d->data) : fill(d->data, d->ndim, d->shape, d->strides, t, p);
}

int
into_fill_place(const struct into *d, const struct value_type *t, const struct payload *p, Py_ssize_t place)
{
    char *to = d->data + place * d->strides[0];
    return d->contiguous ? copy_payload(p, to) : fill(to, d->ndim - 1, d->shape + 1, d->strides + 1, t, p);
}

PyObject *
into_first(const struct into *d, const struct value_type *t, Py_ssize_t n)
{
    if (d->view.obj == NULL && d->contiguous) { /* three times faster than the slice */
        Py_ssize_t shape[VALUE_MAX_NDIM + 1];
        memcpy(shape, d->shape, (size_t)d->ndim * sizeof *shape);
        shape[0] = n;
        return numpy_over(t, d->ndim, shape, d->data, true, Py_NewRef(d->object));
    }
    if (d->view.obj == NULL) {
        return PySequence_GetSlice(d->object, 0, n);
    }
    PyObject *whole = PyMemoryView_FromObject(d->object);
    PyObject *part = whole == NULL ? NULL : PySequence_GetSlice(whole, 0, n);
    Py_XDECREF(whole);
    return part;
}
