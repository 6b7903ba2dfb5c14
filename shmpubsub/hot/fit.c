#include "fit.h"

#include "numpy_api.h"

enum fit
fit_shape(const struct value_type *t, int ndim, const Py_ssize_t *shape, struct source *s)
{
    if (ndim != t->ndim) {
        return WRONG;
    }
    for (int i = t->variable; i < ndim; i++) {
        if (shape[i] != t->shape[i]) {
            return WRONG;
        }
    }
    if (!t->variable) {
        s->length = t->size;
        return FITS;
    }
    s->length = (size_t)shape[0] * t->row;
    return shape[0] > t->shape[0] ? TOO_LONG : FITS;
}

static enum fit
of_ndarray(const struct value_type *t, PyObject *value, struct source *s)
{
    if (__builtin_expect(Py_TYPE(value) != numpy_array_type, 0) &&
        PyObject_HasAttrString((PyObject *)Py_TYPE(value), "mask")) {
        return WRONG; /* the mask would get lost */
    }
    const struct numpy_array *a = (const struct numpy_array *)value;
    if (!numpy_is_of(a, t)) {
        return WRONG;
    }
    enum fit fit = fit_shape(t, a->ndim, a->shape, s);
    s->from = (struct strided){a->data, 0, NULL, NULL, t->itemsize};
    if (fit != FITS || (a->flags & NUMPY_C_CONTIGUOUS) != 0) {
        return fit;
    }
    /* Copies of these: while this thread waits for a chunk or copies, another may change the array's. */
    size_t size = (size_t)a->ndim * sizeof *a->shape;
    Py_ssize_t *dims = s->made = PyMem_RawMalloc(2 * size);
    if (dims == NULL) {
        PyErr_NoMemory();
        return RAISED;
    }
    s->from.ndim = a->ndim;
    s->from.shape = memcpy(dims, a->shape, size);
    s->from.strides = memcpy(dims + a->ndim, a->strides, size);
    s->array = value;
    return FITS;
}

/* Exports the value's memory. Returns false if it has none; the exporter may have raised then. */
static bool
export(PyObject *value, struct source *s)
{
    if (!PyObject_CheckBuffer(value)) {
        return false;
    }
    Py_buffer *view = PyMem_RawMalloc(sizeof *view);
    if (view == NULL) {
        PyErr_NoMemory();
        return false;
    }
    if (PyObject_GetBuffer(value, view, PyBUF_STRIDES | PyBUF_FORMAT) < 0) {
        PyMem_RawFree(view);
        if (PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear(); /* none that can be copied */
        }
        return false;
    }
    s->view = view;
    return true;
}

static enum fit
of_buffer(const struct value_type *t, PyObject *value, struct source *s)
{
    if (!export(value, s)) {
        return PyErr_Occurred() ? RAISED : WRONG;
    }
    const Py_buffer *v = s->view;
    if (!format_fits(t, v->format, v->itemsize)) {
        return WRONG;
    }
    s->from = (struct strided){v->buf, v->strides == NULL ? 0 : v->ndim, v->shape, v->strides, t->itemsize};
    return fit_shape(t, v->ndim, v->shape, s);
}

enum fit
fit_bytes(const struct value_type *t, PyObject *value, struct source *s)
{
    if (PyBytes_Check(value)) {
        s->from.data = PyBytes_AS_STRING(value);
        s->length = (size_t)PyBytes_GET_SIZE(value);
    }
    else {
        if (!PyByteArray_Check(value) && !PyMemoryView_Check(value)) {
            return WRONG;
        }
        if (!export(value, s)) {
            return PyErr_Occurred() ? RAISED : WRONG;
        }
        if (!PyBuffer_IsContiguous(s->view, 'C')) {
            return WRONG;
        }
        s->from.data = s->view->buf;
        s->length = (size_t)s->view->len;
    }
    return s->length > t->size ? TOO_LONG : FITS;
}

enum fit
fit_text(const struct value_type *t, PyObject *value, struct source *s)
{
    if (!PyUnicode_Check(value)) {
        return WRONG;
    }
    Py_ssize_t length;
    s->from.data = PyUnicode_AsUTF8AndSize(value, &length);
    if (s->from.data == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) {
            return RAISED;
        }
        PyErr_Clear();
        return WRONG;
    }
    s->length = (size_t)length;
    return s->length > t->size ? TOO_LONG : FITS;
}

/* A structured scalar, as an array of records has them. */
static enum fit
of_void(const struct value_type *t, PyObject *value, struct source *s)
{
    s->from.data = t->ndim == 0 && t->descr != NULL ? numpy_void_data(value, t->descr) : NULL;
    s->length = t->size;
    return s->from.data != NULL ? FITS : WRONG;
}

enum fit
fit_array(const struct value_type *t, PyObject *value, struct source *s)
{
    if (numpy_is_array(value)) {
        return of_ndarray(t, value, s);
    }
    return t->record != NULL ? of_void(t, value, s) : of_buffer(t, value, s);
}

void
fit_release(struct source *s)
{
    if (s->view != NULL) {
        PyBuffer_Release(s->view);
        PyMem_RawFree(s->view);
    }
    PyMem_RawFree(s->made);
    Py_DECREF(s->value);
}
