#include "record_get.h"

#include "arguments.h"
#include "convert.h"
#include "copy_payload.h"
#include "decode.h"
#include "field_path.h"
#include "numpy_api.h"
#include "record_make.h"
#include "view.h"

/* The program's own code has raised. */
static PyObject *
spent(struct get *g)
{
    g->spent = !PyErr_ExceptionMatches(PyExc_MemoryError);
    return NULL;
}

static PyObject *
corrupt(struct get *g)
{
    return raise_corrupt(g->subscriber);
}

static void
copy_bytes(void *to, const char *from, size_t size)
{
    if (size < WITHOUT_GIL) {
        memcpy(to, from, size);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    memcpy(to, from, size);
    Py_END_ALLOW_THREADS
}

static PyObject *
get_text(struct get *g, const char *from, size_t length)
{
    char small[4096], *bytes = small;
    if (g->shared) {
        if (length > sizeof small && (bytes = PyMem_RawMalloc(length)) == NULL) {
            return PyErr_NoMemory();
        }
        memcpy(bytes, from, length);
        from = bytes;
    }
    PyObject *text = decode_utf8(from, (Py_ssize_t)length);
    if (bytes != small) {
        PyMem_RawFree(bytes);
    }
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        raised(PyObject_CallMethod(g->subscriber, "_no_text", NULL));
    }
    return text;
}

/* A copy in an array of the default's kind, which the shim makes. */
static PyObject *
made_array(struct get *g, const struct field *f, Py_ssize_t n, const char *from)
{
    Py_buffer view;
    PyObject *made = PyObject_CallFunction(f->make, "n", n);
    if (made == NULL || PyObject_GetBuffer(made, &view, PyBUF_WRITABLE) < 0) {
        Py_XDECREF(made);
        return spent(g);
    }
    size_t size = f->type.variable ? (size_t)n * f->type.row : f->type.size;
    if ((size_t)view.len == size) {
        copy_bytes(view.buf, from, size);
    }
    else {
        PyErr_Format(PyExc_SystemError, "found an array of %zd bytes for a field of %zu", view.len, size);
        Py_CLEAR(made);
    }
    PyBuffer_Release(&view);
    return made;
}

static PyObject *
get_array(struct get *g, const struct field *f, Py_ssize_t n, const char *from)
{
    const struct value_type *t = &f->type;
    bool numpy = f->make == NULL && numpy_ready();
    if (t->record != NULL && (!numpy || t->descr == NULL)) {
        return record_get_lists(g, t, n, from);
    }
    if (g->holder != NULL) {
        return view_part(t, n, from, g->holder, numpy);
    }
    if (f->make != NULL && g->writable) {
        return made_array(g, f, n, from);
    }
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(t, n, shape);
    void *data = NULL;
    PyObject *made;
    if (numpy) {
        made = numpy_new(t, t->ndim, shape);
        if (made != NULL) {
            struct numpy_array *a = (struct numpy_array *)made;
            data = a->data;
            a->flags &= g->writable ? ~0 : ~NUMPY_WRITEABLE;
        }
    }
    else {
        made = view_own(t, t->ndim, shape, g->writable, &data);
    }
    if (made != NULL) {
        copy_bytes(data, from, t->variable ? (size_t)n * t->row : t->size);
    }
    return made;
}

static PyObject *
get_numbers(const struct value_type *t, Py_ssize_t n, const char *from)
{
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list != NULL && i < n; i++, from += t->itemsize) {
        PyObject *element = element_get(t, from);
        if (element == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, element);
    }
    return list;
}

/* A value that begins with its length. */
static PyObject *
get_variable(struct get *g, const struct field *f, const char *from)
{
    const struct value_type *t = &f->type;
    uint64_t length;
    memcpy(&length, from, sizeof length);
    from += sizeof length;
    if (length > t->max) {
        return corrupt(g);
    }
    Py_ssize_t n = (Py_ssize_t)length;
    switch (t->tag) {
    case SHM_TEXT:
        return get_text(g, from, length);
    case SHM_BYTES:
        return PyBytes_FromStringAndSize(from, n);
    case SHM_LIST:
        return t->record != NULL ? record_get_list(g, record_of(t), n, from) : get_numbers(t, n, from);
    default:
        return get_array(g, f, n, from);
    }
}

/* The member of an Enum that has the value, whose reference is taken over. */
static PyObject *
member_of(struct get *g, const struct field *f, PyObject *value)
{
    if (value == NULL) {
        return NULL;
    }
    PyObject *member = PyDict_GetItemWithError(f->by_value, value);
    if (member != NULL) {
        Py_INCREF(member);
    }
    else if (!PyErr_Occurred()) {
        member = PyObject_CallOneArg(f->members, value); /* flags that are combined, and what _missing_ says */
        if (member == NULL) {
            spent(g);
            if (PyErr_ExceptionMatches(PyExc_ValueError)) {
                PyErr_Clear();
                g->stranger = Py_NewRef(value);
            }
        }
    }
    Py_DECREF(value);
    return member;
}

static PyObject *
get_plain(struct get *g, const struct field *f, const char *from)
{
    if (f->type.variable) {
        return get_variable(g, f, from);
    }
    switch (f->type.tag) {
    case SHM_SCALAR:
        return element_get(&f->type, from);
    case SHM_RECORD:
        return record_get(g, record_of(&f->type), from);
    default:
        return get_array(g, f, f->type.ndim > 0 ? f->type.shape[0] : 1, from);
    }
}

/* Puts a name or an index in front of the path of what has no such member. */
static void
blame_part(struct get *g, PyObject *name, Py_ssize_t index)
{
    if (g->stranger != NULL && !PyErr_Occurred()) {
        g->path = field_path(name, index, g->path);
    }
}

/* Whether the shim copies it, array by array. */
static bool
is_copied_later(const struct field *f)
{
    const struct value_type *t = &f->type;
    return t->tag == SHM_RECORD ? record_of(t)->how == RECORD_DICT
                                : t->tag == SHM_ARRAY && (t->record == NULL || t->descr != NULL);
}

static PyObject *
get_other(struct get *g, const struct field *f, const char *from)
{
    PyObject *holder = g->holder;
    if (g->filling && !is_copied_later(f)) {
        g->holder = NULL;
    }
    PyObject *value = get_plain(g, f, from);
    g->holder = holder;
    if (f->members != NULL) {
        value = member_of(g, f, value);
    }
    if (value == NULL) {
        blame_part(g, f->name, 0);
    }
    return value;
}

static inline PyObject *
get_field(struct get *g, const struct field *f, const char *from)
{
    uint64_t word = 0;
    switch (f->word) {
    case SHM_FLOAT:
    case SHM_INT:
        memcpy(&word, from, sizeof word);
        return value_object(f->word, word);
    case SHM_BOOL:
        word = *(const unsigned char *)from;
        return value_object(SHM_BOOL, word);
    default:
        return get_other(g, f, from);
    }
}

/* A ctypes.Structure, or a structured scalar. */
static PyObject *
get_bytes(struct get *g, const Record *r, const char *from)
{
    if (r->how == RECORD_RAW) {
        PyObject *made = record_make_raw(r, from);
        return made != NULL ? made : spent(g);
    }
    if (!numpy_ready()) {
        PyErr_SetString(PyExc_SystemError, "found a structured scalar without numpy");
        return NULL;
    }
    if (g->holder == NULL) {
        return numpy_scalar(r->dtype, from);
    }
    struct value_type t = {.tag = SHM_ARRAY, .dtype = "r", .itemsize = r->size, .descr = r->dtype};
    PyObject *array = view_part(&t, 1, from, g->holder, true), *empty = array == NULL ? NULL : PyTuple_New(0);
    PyObject *scalar = empty == NULL ? NULL : PyObject_GetItem(array, empty); /* over the array */
    Py_XDECREF(array);
    Py_XDECREF(empty);
    return scalar;
}

PyObject *
record_get(struct get *g, const Record *r, const char *from)
{
    if (r->how >= RECORD_RAW) {
        return get_bytes(g, r, from);
    }
    PyObject *few[RECORD_FEW], **values = record_values(r, few), *made = NULL;
    if (values == NULL) {
        return NULL;
    }
    Py_ssize_t i = 0;
    while (i < r->n && (values[i] = get_field(g, &r->fields[i], from + r->fields[i].offset)) != NULL) {
        i++;
    }
    if (i == r->n) {
        made = record_make(r, values);
        if (made == NULL) {
            spent(g);
        }
    }
    else {
        while (i > 0) {
            Py_DECREF(values[--i]);
        }
    }
    if (values != few) {
        PyMem_Free(values);
    }
    return made;
}

PyObject *
record_get_list(struct get *g, const Record *r, Py_ssize_t n, const char *from)
{
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list != NULL && i < n; i++, from += r->size) {
        PyObject *element = record_get(g, r, from);
        if (element == NULL) {
            blame_part(g, NULL, i);
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, element);
    }
    return list;
}

/* Axes from `axis` on; row: bytes of one step of the axis before it. */
static PyObject *
lists(struct get *g, const struct value_type *t, int axis, Py_ssize_t n, const char *from)
{
    if (axis == t->ndim) {
        return record_get(g, record_of(t), from);
    }
    size_t stride = t->itemsize;
    for (int i = axis + 1; i < t->ndim; i++) {
        stride *= (size_t)t->shape[i];
    }
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list != NULL && i < n; i++, from += stride) {
        PyObject *part = lists(g, t, axis + 1, axis + 1 < t->ndim ? t->shape[axis + 1] : 0, from);
        if (part == NULL) {
            blame_part(g, NULL, i);
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, part);
    }
    return list;
}

PyObject *
record_get_lists(struct get *g, const struct value_type *t, Py_ssize_t n, const char *from)
{
    return lists(g, t, 0, n, from);
}

int
get_refuse(struct get *g)
{
    if (g->stranger != NULL && !PyErr_Occurred()) {
        raised(PyObject_CallMethod(g->subscriber, "_no_member", "OO", g->path, g->stranger));
    }
    Py_CLEAR(g->stranger);
    Py_CLEAR(g->path);
    return g->spent ? READ_SPENT : -1;
}
