#include "source.h"

#include "numpy_api.h"
#include "refuse.h"

enum fit { RAISED = -1, FITS, WRONG, TOO_LONG };

/* Whether an array of that shape is of the type; sets the length. */
static enum fit
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

static enum fit
of_bytes(const struct value_type *t, PyObject *value, struct source *s)
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

static enum fit
of_text(const struct value_type *t, PyObject *value, struct source *s)
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

/* Converts one element. The shim words the error that names it; what the element itself raised passes through. */
static enum fit
put_element(Publisher *p, const struct writer *w, PyObject *element, Py_ssize_t index, Py_ssize_t position, char *to)
{
    if (element_put(&w->type, element, to) == 0) {
        return FITS;
    }
    bool overflow = PyErr_Occurred() != NULL;
    if (!overflow || PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        if (writer_is_open(p, w)) { /* the shim knows the type that p has now */
            refuse_element(p, w->type.dtype, element, overflow, index, position);
        }
    }
    return RAISED;
}

/* The conversions may change the list. */
static enum fit
of_list(Publisher *p, const struct writer *w, PyObject *value, Py_ssize_t position, struct source *s)
{
    const struct value_type *t = &w->type;
    if (!PyList_Check(value)) {
        return WRONG;
    }
    Py_ssize_t n = PyList_GET_SIZE(value);
    s->length = (size_t)n * t->itemsize;
    if (s->length > t->size) {
        return TOO_LONG;
    }
    char *to = s->made = PyMem_RawMalloc(s->length + 1);
    if (to == NULL) {
        PyErr_NoMemory();
        return RAISED;
    }
    for (Py_ssize_t i = 0; i < n; i++, to += t->itemsize) {
        if (i >= PyList_GET_SIZE(value)) {
            s->length = (size_t)i * t->itemsize;
            break;
        }
        PyObject *element = Py_NewRef(PyList_GET_ITEM(value, i));
        enum fit fit = put_element(p, w, element, i, position, to);
        Py_DECREF(element);
        if (fit != FITS) {
            return fit;
        }
    }
    s->from.data = s->made;
    return FITS;
}

static enum fit
of_scalar(const struct value_type *t, PyObject *value, struct source *s)
{
    s->from.data = (const char *)s->small;
    s->length = t->size;
    return element_put(t, value, s->small) == 0 ? FITS : WRONG;
}

static enum fit
fit(Publisher *p, const struct writer *w, PyObject *value, Py_ssize_t position, struct source *s)
{
    const struct value_type *t = &w->type;
    switch (t->tag) {
    case SHM_ARRAY:
        return numpy_is_array(value) ? of_ndarray(t, value, s) : of_buffer(t, value, s);
    case SHM_BYTES:
        return of_bytes(t, value, s);
    case SHM_TEXT:
        return of_text(t, value, s);
    case SHM_LIST:
        return of_list(p, w, value, position, s);
    default:
        return of_scalar(t, value, s);
    }
}

int
source_of(Publisher *p, struct writer *w, PyObject *value, Py_ssize_t position, struct source *s)
{
    *s = (struct source){.value = Py_NewRef(value)};
    switch (fit(p, w, value, position, s)) {
    case FITS:
        return 0;
    case TOO_LONG:
        if (writer_is_open(p, w)) {
            refuse_length(p, s->length / w->type.row, position);
        }
        break;
    case WRONG: {
        bool overflow = PyErr_Occurred() != NULL;
        if (overflow && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            break; /* what the value's own conversion raised */
        }
        PyErr_Clear();
        if (writer_is_open(p, w)) {
            refuse_value(p, value, overflow, position);
        }
        break;
    }
    case RAISED:
        break;
    }
    source_release(s);
    return -1;
}

bool
source_has_rows(const struct value_type *t, const Py_buffer *rows, size_t *length)
{
    struct source s;
    if (rows->ndim < 1 || !format_fits(t, rows->format, rows->itemsize) ||
        fit_shape(t, rows->ndim - 1, rows->shape + 1, &s) != FITS) {
        return false;
    }
    *length = s.length;
    return true;
}

void
source_of_row(const struct value_type *t, const Py_buffer *rows, size_t length, Py_ssize_t i, struct source *s)
{
    bool dense = rows->strides == NULL;
    Py_ssize_t stride = dense ? (Py_ssize_t)length : rows->strides[0];
    *s = (struct source){.value = Py_NewRef(Py_None), .length = length};
    s->from = (struct strided){(const char *)rows->buf + i * stride, dense ? 0 : rows->ndim - 1, rows->shape + 1,
                               dense ? NULL : rows->strides + 1, t->itemsize};
}

void
source_release(struct source *s)
{
    if (s->view != NULL) {
        PyBuffer_Release(s->view);
        PyMem_RawFree(s->view);
    }
    PyMem_RawFree(s->made);
    Py_DECREF(s->value);
}
