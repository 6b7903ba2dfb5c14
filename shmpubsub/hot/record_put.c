#include "record_put.h"

#include "../protocol/ring.h"
#include "field_path.h"
#include "numpy_api.h"
#include "record_gaps.h"
#include "source_copy.h"

static PyObject *value_name;

int
record_put_init(void)
{
    if (value_name == NULL) {
        value_name = PyUnicode_InternFromString("_value_");
    }
    return value_name == NULL ? -1 : 0;
}

/* Notes what does not fit, unless the value's own code has raised. */
static enum fit
blame(struct put *u, enum fit fit, PyObject *value)
{
    bool raised = PyErr_Occurred() != NULL;
    if (fit == RAISED || (raised && !PyErr_ExceptionMatches(PyExc_OverflowError))) {
        return RAISED;
    }
    PyErr_Clear();
    u->overflow = raised;
    Py_XSETREF(u->culprit, Py_NewRef(value));
    return fit;
}

/* It is in that field, or element, of something. */
static enum fit
blame_part(struct put *u, enum fit fit, PyObject *name, Py_ssize_t index)
{
    if (fit == RAISED) {
        return RAISED;
    }
    u->path = field_path(name, index, u->path);
    return u->path == NULL ? RAISED : fit;
}

/* Memory for bytes of the record. */
static ALWAYS_INLINE char *
room(struct put *u, size_t offset, size_t size)
{
    return __builtin_expect(u->bytes != NULL, 1) ? u->bytes + offset : image_room(u->image, offset, size);
}

/* The array or the bytes of s, at that offset. Takes s over. raw: of which record the bytes are, with any padding. */
static enum fit
put_source(struct put *u, struct source *s, const struct value_type *t, size_t at, const Record *raw)
{
    if (u->bytes == NULL && s->length > IMAGE_SMALL) {
        if (image_array(u->image, at, s, t) == 0) {
            return FITS;
        }
        fit_release(s);
        return RAISED;
    }
    char *to = room(u, at, s->length);
    int failed = to == NULL ? -1 : source_copy(s, t, to);
    if (!failed && raw != NULL) {
        record_clear_gaps(raw, to, 1);
    }
    fit_release(s);
    return failed ? RAISED : FITS;
}

static enum fit
put_length(struct put *u, size_t at, uint64_t length)
{
    char *to = room(u, at, sizeof length);
    if (to == NULL) {
        return RAISED;
    }
    memcpy(to, &length, sizeof length);
    return FITS;
}

static void
put_length_again(struct put *u, size_t at, uint64_t length)
{
    memcpy(u->bytes != NULL ? u->bytes + at : image_again(u->image, at), &length, sizeof length);
}

/* An array, bytes or a text. */
static enum fit
put_block(struct put *u, const struct field *f, PyObject *value, size_t at)
{
    const struct value_type *t = &f->type;
    struct source s = {.value = Py_NewRef(value)};
    enum fit fit = t->tag == SHM_ARRAY ? fit_array(t, value, &s)
                   : t->tag == SHM_TEXT ? fit_text(t, value, &s) : fit_bytes(t, value, &s);
    if (fit == FITS && t->variable) {
        fit = put_length(u, at, s.length / t->row);
        at += sizeof(uint64_t);
    }
    if (fit != FITS) {
        u->length = s.length / t->row;
        fit_release(&s);
        return blame(u, fit, value);
    }
    return put_source(u, &s, t, at, NULL);
}

/* The conversions may change the list. */
static enum fit
put_numbers(struct put *u, const struct value_type *t, PyObject *list, Py_ssize_t *n, size_t at)
{
    char *to = room(u, at, (size_t)*n * t->itemsize);
    if (to == NULL) {
        return RAISED;
    }
    for (Py_ssize_t i = 0; i < *n; i++, to += t->itemsize) {
        if (i >= PyList_GET_SIZE(list)) {
            *n = i;
            break;
        }
        PyObject *element = Py_NewRef(PyList_GET_ITEM(list, i));
        enum fit fit = element_put(t, element, to) == 0 ? FITS : blame_part(u, blame(u, WRONG, element), NULL, i);
        Py_DECREF(element);
        if (fit != FITS) {
            return fit;
        }
    }
    return FITS;
}

enum fit
record_put_list(struct put *u, const Record *r, PyObject *list, Py_ssize_t *n, size_t base)
{
    for (Py_ssize_t i = 0; i < *n; i++) {
        if (i >= PyList_GET_SIZE(list)) {
            *n = i;
            break;
        }
        PyObject *element = Py_NewRef(PyList_GET_ITEM(list, i));
        enum fit fit = record_put(u, r, element, base + (size_t)i * r->size);
        Py_DECREF(element);
        if (fit != FITS) {
            return blame_part(u, fit, NULL, i);
        }
    }
    return FITS;
}

static enum fit
put_list(struct put *u, const struct field *f, PyObject *value, size_t at)
{
    const struct value_type *t = &f->type;
    if (!PyList_Check(value)) {
        return blame(u, WRONG, value);
    }
    Py_ssize_t n = PyList_GET_SIZE(value);
    if (n > t->shape[0]) {
        u->length = (size_t)n;
        return blame(u, TOO_LONG, value);
    }
    uint64_t length = (uint64_t)n;
    enum fit fit = put_length(u, at, length);
    if (fit == FITS) {
        fit = t->record != NULL ? record_put_list(u, record_of(t), value, &n, at + 8) : put_numbers(u, t, value, &n, at + 8);
    }
    if ((uint64_t)n != length) {
        put_length_again(u, at, (uint64_t)n);
    }
    return fit;
}

static enum fit
put_scalar(struct put *u, const struct field *f, PyObject *value, size_t at)
{
    char *to = room(u, at, f->type.size);
    if (to == NULL) {
        return RAISED;
    }
    return element_put(&f->type, value, to) == 0 ? FITS : blame(u, WRONG, value);
}

static enum fit
put_plain(struct put *u, const struct field *f, PyObject *value, size_t at)
{
    switch (f->type.tag) {
    case SHM_SCALAR:
        return put_scalar(u, f, value, at);
    case SHM_LIST:
        return put_list(u, f, value, at);
    case SHM_RECORD:
        return record_put(u, record_of(&f->type), value, at);
    default:
        return put_block(u, f, value, at);
    }
}

/* A member of an Enum: its value. */
static enum fit
put_member(struct put *u, const struct field *f, PyObject *member, size_t at)
{
    PyObject *value = NULL;
    if (PyObject_TypeCheck(member, (PyTypeObject *)f->members)) {
        value = PyObject_GetAttr(member, value_name);
        if (value == NULL) {
            return RAISED;
        }
    }
    if (value == NULL) {
        return blame(u, WRONG, member);
    }
    enum fit fit = put_plain(u, f, value, at);
    Py_DECREF(value);
    if (fit == WRONG || fit == TOO_LONG) {
        Py_SETREF(u->culprit, Py_NewRef(member));
    }
    return fit;
}

/* A value of any kind. A reference to it is held. */
static enum fit
put_value(struct put *u, const struct field *f, PyObject *value, size_t at)
{
    enum fit fit = f->members != NULL ? put_member(u, f, value, at) : put_plain(u, f, value, at);
    return fit == FITS ? FITS : blame_part(u, fit, f->name, 0);
}

/* Puts the most frequent ones: no code runs, so nobody needs a reference. 1; 0: they are not of exactly that class, or
   too large; -1 with an error set. */
static ALWAYS_INLINE int
put_word(struct put *u, const struct field *f, PyObject *value, size_t at)
{
    uint64_t word;
    if (f->word == SHM_FLOAT && PyFloat_CheckExact(value)) {
        double real = PyFloat_AS_DOUBLE(value);
        memcpy(&word, &real, sizeof word);
    }
    else if (f->word == SHM_INT && PyLong_CheckExact(value)) {
        int beyond;
        long long number = PyLong_AsLongLongAndOverflow(value, &beyond);
        if (beyond) {
            return 0;
        }
        word = (uint64_t)number;
    }
    else if (f->word == SHM_BOOL && PyBool_Check(value)) {
        char *to = room(u, at, 1);
        if (to != NULL) {
            *to = value == Py_True;
        }
        return to != NULL ? 1 : -1;
    }
    else {
        return 0;
    }
    char *to = room(u, at, sizeof word);
    if (to != NULL) {
        memcpy(to, &word, sizeof word);
    }
    return to != NULL ? 1 : -1;
}

/* The bytes of a ctypes.Structure or of a structured scalar. */
static enum fit
put_bytes(struct put *u, const Record *r, PyObject *value, size_t base)
{
    static const struct value_type raw = {.tag = SHM_BYTES, .itemsize = 1, .row = 1};
    struct source s = {.length = r->size};
    if (r->how == RECORD_NUMPY) {
        s.from.data = numpy_void_data(value, r->dtype);
    }
    else if (PyObject_TypeCheck(value, r->cls)) {
        s.view = PyMem_RawMalloc(sizeof *s.view);
        if (s.view == NULL || PyObject_GetBuffer(value, s.view, PyBUF_SIMPLE) < 0) {
            if (s.view == NULL) {
                PyErr_NoMemory();
            }
            PyMem_RawFree(s.view);
            return RAISED;
        }
        s.from.data = (size_t)s.view->len >= r->size ? s.view->buf : NULL;
    }
    s.value = Py_NewRef(value);
    if (s.from.data == NULL) {
        fit_release(&s);
        return blame(u, WRONG, value);
    }
    return put_source(u, &s, &raw, base, r);
}

/* Whether the value can be looked at for the record's fields: *exact if it has the slots. */
static bool
suits(const Record *r, PyObject *value, bool *exact)
{
    *exact = r->cls != NULL && Py_IS_TYPE(value, r->cls);
    switch (r->how) {
    case RECORD_DICT:
        return PyDict_Check(value) && PyDict_GET_SIZE(value) == r->n;
    case RECORD_TUPLE:
        return PyObject_TypeCheck(value, r->cls) && PyTuple_GET_SIZE(value) == r->n;
    default:
        return *exact || PyObject_TypeCheck(value, r->cls);
    }
}

/* The value of a field. NULL: it has none, or with an error set. */
static ALWAYS_INLINE PyObject *
field_of(const Record *r, const struct field *f, PyObject *value, Py_ssize_t i)
{
    PyObject *found;
    switch (r->how) {
    case RECORD_DICT:
        found = PyDict_GetItemWithError(value, f->name);
        return found == NULL ? NULL : Py_NewRef(found);
    case RECORD_TUPLE:
        return i < PyTuple_GET_SIZE(value) ? Py_NewRef(PyTuple_GET_ITEM(value, i)) : NULL;
    default:
        found = PyObject_GetAttr(value, f->name);
        if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return found;
    }
}

enum fit
record_put(struct put *u, const Record *r, PyObject *value, size_t base)
{
    bool exact;
    if (r->how >= RECORD_RAW) {
        return put_bytes(u, r, value, base);
    }
    if (!suits(r, value, &exact)) {
        return blame(u, WRONG, value);
    }
    for (Py_ssize_t i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        size_t at = base + f->offset;
        PyObject *part;
        int done = 0;
        if (exact && f->slot > 0) {
            part = *(PyObject **)((char *)value + f->slot);
            if (part != NULL && (done = put_word(u, f, part, at)) > 0) {
                continue;
            }
            Py_XINCREF(part);
        }
        else {
            part = field_of(r, f, value, i);
            if (part != NULL && (done = put_word(u, f, part, at)) > 0) {
                Py_DECREF(part);
                continue;
            }
        }
        if (part == NULL) {
            return blame(u, PyErr_Occurred() ? RAISED : WRONG, value);
        }
        enum fit fit = done < 0 ? RAISED : put_value(u, f, part, at);
        Py_DECREF(part);
        if (fit != FITS) {
            return fit;
        }
    }
    return FITS;
}

void
put_release(struct put *u)
{
    Py_CLEAR(u->culprit);
    Py_CLEAR(u->path);
}
