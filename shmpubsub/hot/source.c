#include "source.h"

#include "record_gaps.h"
#include "record_source.h"
#include "refuse.h"

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
        return fit_array(t, value, s);
    case SHM_BYTES:
        return fit_bytes(t, value, s);
    case SHM_TEXT:
        return fit_text(t, value, s);
    case SHM_LIST:
        return t->record != NULL ? record_source(p, w, value, position, s) : of_list(p, w, value, position, s);
    case SHM_RECORD:
        return record_source(p, w, value, position, s);
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

int
source_fill_records(const struct source *s, const struct value_type *t, void *to)
{
    if (image_copy(s->image, to) < 0) {
        return -1;
    }
    record_clear_gaps(record_of(t), to, s->length / t->itemsize);
    return 0;
}

void
source_release(struct source *s)
{
    if (s->image != NULL) {
        image_free(s->image);
    }
    fit_release(s);
}
