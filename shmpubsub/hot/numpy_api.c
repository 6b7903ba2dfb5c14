#include "numpy_api.h"

#include <string.h>

PyTypeObject *numpy_array_type;

typedef PyObject *descr_from_type(int number);
typedef PyObject *new_from_descr(PyTypeObject *type, PyObject *descr, int ndim, const Py_ssize_t *shape,
                                 const Py_ssize_t *strides, void *data, int flags, PyObject *object);
typedef int copy_into(PyObject *to, PyObject *from);
typedef int set_base(PyObject *array, PyObject *base);

static struct {
    descr_from_type *descr_from_type;
    new_from_descr *new_from_descr;
    copy_into *copy_into;
    set_base *set_base;
} api;

/* Places in the table that _ARRAY_API holds, as numpy's numpy_api.py numbers them. */
enum { ABI_VERSION = 0, ARRAY_TYPE = 2, DESCR_FROM_TYPE = 45, NEW_FROM_DESCR = 94, SET_BASE = 282 };
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
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    void **entries = table("numpy._core._multiarray_umath");
    if (entries == NULL) {
        PyErr_Clear();
        entries = table("numpy.core._multiarray_umath");
    }
    PyErr_Restore(error_type, error, traceback);
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

int
numpy_number(const char *dtype)
{
    for (int number = 0; number < DTYPES; number++) {
        if (dtypes[number] != NULL && strcmp(dtypes[number], dtype) == 0) {
            return number;
        }
    }
    return -1;
}

static PyObject *
array(int number, int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, void *data, int flags)
{
    PyObject *descr = api.descr_from_type(number);
    return descr == NULL ? NULL : api.new_from_descr(numpy_array_type, descr, ndim, shape, strides, data, flags, NULL);
}

PyObject *
numpy_over(int number, int ndim, const Py_ssize_t *shape, void *data, bool writable, PyObject *owner)
{
    PyObject *made = array(number, ndim, shape, NULL, data,
                           NUMPY_C_CONTIGUOUS | NUMPY_ALIGNED | (writable ? NUMPY_WRITEABLE : 0));
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
numpy_new(int number, int ndim, const Py_ssize_t *shape)
{
    return array(number, ndim, shape, NULL, NULL, 0);
}

int
numpy_fill(int number, int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, void *to, const void *from)
{
    PyObject *source = array(number, ndim, shape, NULL, (void *)(uintptr_t)from, 0);
    PyObject *target = array(number, ndim, shape, strides, to, NUMPY_WRITEABLE);
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
