/* numpy's C API, found at run time: neither numpy nor its headers are needed to build or to load this library. What is
   used here is the same in numpy 1.x and 2.x. All calls are under the GIL. */
#ifndef SHM_NUMPY_API_H
#define SHM_NUMPY_API_H

#include "value_type.h"

/* PyArrayObject_fields, as far as it is needed. */
struct numpy_array {
    PyObject_HEAD
    char *data;
    int ndim;
    Py_ssize_t *shape;
    Py_ssize_t *strides; /* bytes */
    PyObject *base;
    PyObject *descr;
    int flags;
};

#define NUMPY_C_CONTIGUOUS 0x1
#define NUMPY_ALIGNED 0x100
#define NUMPY_WRITEABLE 0x400

extern PyTypeObject *numpy_array_type; /* numpy.ndarray; NULL: not found yet */

/* Looks for the API in an imported numpy, as long as it has not been found. Returns whether there is one. Never sets an
   error: an import that has not ended, and an ABI of the future, count as none. */
bool numpy_find(void);

static inline bool
numpy_ready(void)
{
    return __builtin_expect(numpy_array_type != NULL, 1) || numpy_find();
}

/* Whether it is an ndarray or an instance of a subclass. */
static inline bool
numpy_is_array(PyObject *object)
{
    return numpy_ready() && PyObject_TypeCheck(object, numpy_array_type);
}

/* An array's dtype as descriptors name it, such as "u1" or "f8"; NULL for any other, and for foreign byte orders. */
const char *numpy_dtype(const struct numpy_array *array);

/* Returns whether two dtypes are equal: names, types and offsets. Sets no error. */
bool numpy_equal(PyObject *descr, PyObject *other);

/* Whether its elements are the type's. */
static inline bool
numpy_is_of(const struct numpy_array *array, const struct value_type *t)
{
    if (__builtin_expect(t->descr != NULL, 0)) {
        return array->descr == t->descr || numpy_equal(array->descr, t->descr);
    }
    const char *dtype = numpy_dtype(array);
    return dtype != NULL && strcmp(dtype, t->dtype) == 0;
}

/* Whether it is a structured dtype of that size, and no object is in it. Returns 0, or -1 with an error set. */
int numpy_check_descr(PyObject *dtype, size_t size);

/* Makes a C-contiguous array over data, which `owner` keeps alive: its reference is taken over, in any case. NULL with
   an error set. */
PyObject *numpy_over(const struct value_type *t, int ndim, const Py_ssize_t *shape, void *data, bool writable,
                     PyObject *owner);

/* Makes a C-contiguous array of numpy's own memory, uninitialised. */
PyObject *numpy_new(const struct value_type *t, int ndim, const Py_ssize_t *shape);

/* Copies C-contiguous elements to a place of that shape and those strides. Returns 0 or -1. */
int numpy_fill(const struct value_type *t, int ndim, const Py_ssize_t *shape, const Py_ssize_t *strides, void *to,
               const void *from);

/* Copies from one array into another of the same dtype and shape, whatever the strides. Returns 0 or -1. */
int numpy_copy(PyObject *to, PyObject *from);

/* Makes a structured scalar, with a copy of the data. */
PyObject *numpy_scalar(PyObject *descr, const void *data);

/* The bytes of a structured scalar, or an array without axes, of that dtype; NULL for anything else. Sets no error. */
const void *numpy_void_data(PyObject *value, PyObject *descr);

#endif
