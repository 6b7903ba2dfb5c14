#include "numpy_api.h"
#include "raised.h"

#include <string.h>

PyTypeObject *numpy_array_type;

typedef PyObject *descr_from_type(int number);
typedef PyObject *new_from_descr(PyTypeObject *type, PyObject *descr, int ndim, const Py_ssize_t *shape,
                                 const Py_ssize_t *strides, void *data, int flags, PyObject *object);
typedef int copy_into(PyObject *to, PyObject *from);
typedef int set_base(PyObject *array, PyObject *base);
typedef PyObject *scalar_of(void *data, PyObject *descr, PyObject *base);

static struct {
    descr_from_type *descr_from_type;
    new_from_descr *new_from_descr;
    copy_into *copy_into;
    set_base *set_base;
    scalar_of *scalar_of;
    PyTypeObject *descr_type, *void_type;
} api;

/* Places in the table that _ARRAY_API holds, as numpy's numpy_api.py numbers them. */
enum { ABI_VERSION = 0, ARRAY_TYPE = 2, DESCR_TYPE = 3, VOID_TYPE = 39, DESCR_FROM_TYPE = 45, SCALAR = 60 };
enum { NEW_FROM_DESCR = 94, SET_BASE = 282 };
enum { COPY_INTO_1 = 82, COPY_INTO_2 = 50 };

/* NPY_ABI_VERSION of numpy 1.x and of 2.x. Another one may number things differently. */
#define ABI_1 0x01000009u
#define ABI_2 0x02000000u

/* PyArray_Descr as far as the versions agree. */
struct descr {
    PyObject_HEAD
    PyTypeObject *type;
    char kind, letter, byteorder, flags;
    int number;
};

/* PyVoidScalarObject as far as the versions agree. */
struct void_scalar {
    PyObject_VAR_HEAD
    char *data;
    PyObject *descr;
};

#define NUMBER_OF_VOID 20

static void **
table(const char *module)
{
    PyObject *name = PyUnicode_FromString(module);
    PyObject *found = name == NULL ? NULL : PyImport_GetModule(name);
    PyObject *capsule = found == NULL ? NULL : PyObject_GetAttrString(found, "_ARRAY_API");
    void **entries = capsule == NULL ? NULL : PyCapsule_GetPointer(capsule, NULL);
    Py_XDECREF(name);
    Py_XDECREF(found);
    Py_XDECREF(capsule); /* numpy's module keeps it, and cannot be unloaded */
    return entries;
}

bool
numpy_find(void)
{
    if (numpy_array_type != NULL) {
        return true;
    }
    struct raised raised = put_aside();
    void **entries = table("numpy._core._multiarray_umath");
    if (entries == NULL) {
        PyErr_Clear();
        entries = table("numpy.core._multiarray_umath");
    }
    put_back(raised);
    if (entries == NULL) {
        return false;
    }
    unsigned abi = ((unsigned (*)(void))entries[ABI_VERSION])();
    if (abi != ABI_1 && abi != ABI_2) {
        return false;
    }
    api.descr_from_type = (descr_from_type *)entries[DESCR_FROM_TYPE];
    api.new_from_descr = (new_from_descr *)entries[NEW_FROM_DESCR];
    api.copy_into = (copy_into *)entries[abi == ABI_1 ? COPY_INTO_1 : COPY_INTO_2];
    api.set_base = (set_base *)entries[SET_BASE];
    api.scalar_of = (scalar_of *)entries[SCALAR];
    api.descr_type = entries[DESCR_TYPE];
    api.void_type = entries[VOID_TYPE];
    numpy_array_type = entries[ARRAY_TYPE];
    return true;
}

/* By NPY_TYPES. Of the C types that have the same size, long is numpy's int64. */
static const char *const dtypes[] = {
    [0] = "b1", [1] = "i1", [2] = "u1", [3] = "i2", [4] = "u2", [5] = "i4", [6] = "u4", [7] = "i8", [8] = "u8",
    [9] = "i8", [10] = "u8", [11] = "f4", [12] = "f8", [14] = "c8", [15] = "c16", [23] = "f2",
};

#define DTYPES (int)(sizeof dtypes / sizeof *dtypes)

const char *
numpy_dtype(const struct numpy_array *array)
{
    const struct descr *d = (const struct descr *)array->descr;
    bool native = d->byteorder == '=' || d->byteorder == '|' || d->byteorder == '<';
    return native && d->number >= 0 && d->number < DTYPES ? dtypes[d->number] : NULL;
}

/* The attribute is a number. */
static bool
has(PyObject *descr, const char *attribute, size_t number)
{
    PyObject *found = PyObject_GetAttrString(descr, attribute);
    size_t value = found == NULL ? (size_t)-1 : PyLong_AsSize_t(found);
    Py_XDECREF(found);
    return !PyErr_Occurred() && value == number;
}

int
numpy_check_descr(PyObject *dtype, size_t size)
{
    bool right = numpy_ready() && PyObject_TypeCheck(dtype, api.descr_type) &&
                 ((const struct descr *)dtype)->number == NUMBER_OF_VOID && has(dtype, "itemsize", size) &&
                 has(dtype, "hasobject", 0);
    if (!right && !PyErr_Occurred()) {
        PyErr_Format(PyExc_SystemError, "found the dtype %R; expected a structured one of %zu bytes, without objects",
                     dtype, size);
    }
    return right ? 0 : -1;
}

bool
numpy_equal(PyObject *descr, PyObject *other)
{
    int equal = PyObject_RichCompareBool(descr, other, Py_EQ);
    if (equal < 0) {
        PyErr_Clear();
    }
    return equal > 0;
}

/* A new reference to the dtype of the type's elements. */
static PyObject *
descr_of(const struct value_type *t)
{
    return __builtin_expect(t->descr != NULL, 0) ? Py_NewRef(t->descr) : api.descr_from_type(t->number);
}

static PyObject *
array(const struct value_type *t, int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, void *data, int flags)
{
    PyObject *descr = descr_of(t);
    return descr == NULL ? NULL : api.new_from_descr(numpy_array_type, descr, ndim, shape, strides, data, flags, NULL);
}

/* Whether elements can be read where they are, as numpy has them. */
static bool
is_aligned(const struct value_type *t, const void *data)
{
    size_t size = t->descr != NULL ? 16 : t->dtype[0] == 'c' ? t->itemsize / 2 : t->itemsize;
    return ((uintptr_t)data & (size - 1)) == 0; /* a power of 2 */
}

PyObject *
numpy_over(const struct value_type *t, int ndim, const Py_ssize_t *shape, void *data, bool writable, PyObject *owner)
{
    PyObject *made = array(t, ndim, shape, NULL, data,
                           NUMPY_C_CONTIGUOUS | (is_aligned(t, data) ? NUMPY_ALIGNED : 0) |
                               (writable ? NUMPY_WRITEABLE : 0));
    if (made == NULL) {
        Py_DECREF(owner);
        return NULL;
    }
    if (api.set_base(made, owner) < 0) { /* it has the reference by now, or has dropped it */
        Py_DECREF(made);
        return NULL;
    }
    return made;
}

PyObject *
numpy_new(const struct value_type *t, int ndim, const Py_ssize_t *shape)
{
    return array(t, ndim, shape, NULL, NULL, 0);
}

int
numpy_fill(const struct value_type *t, int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, void *to,
           const void *from)
{
    PyObject *source = array(t, ndim, shape, NULL, (void *)(uintptr_t)from, 0);
    PyObject *target = array(t, ndim, shape, strides, to, NUMPY_WRITEABLE);
    int failed = source == NULL || target == NULL ? -1 : api.copy_into(target, source);
    Py_XDECREF(source);
    Py_XDECREF(target);
    return failed;
}

int
numpy_copy(PyObject *to, PyObject *from)
{
    return api.copy_into(to, from);
}

PyObject *
numpy_scalar(PyObject *descr, const void *data)
{
    return api.scalar_of((void *)(uintptr_t)data, descr, NULL);
}

const void *
numpy_void_data(PyObject *value, PyObject *descr)
{
    if (!numpy_ready()) {
        return NULL;
    }
    if (PyObject_TypeCheck(value, api.void_type)) {
        const struct void_scalar *v = (const struct void_scalar *)value;
        return v->descr == descr || numpy_equal(v->descr, descr) ? v->data : NULL;
    }
    const struct numpy_array *a = (const struct numpy_array *)value;
    bool fits = numpy_is_array(value) && a->ndim == 0 && (a->descr == descr || numpy_equal(a->descr, descr));
    return fits ? a->data : NULL;
}
