/* The type of a topic's values as C has it: parsed from the type line that Go sends (bind/mapping.go). */
#ifndef SHM_VALUE_TYPE_H
#define SHM_VALUE_TYPE_H

#include "hot.h"

#define VALUE_MAX_NDIM 32

struct value_type {
    enum shm_type tag;
    char dtype[4];  /* as in descriptors, such as "f4" or "c16"; "u1" for bytes and text; "r" for records */
    char format[3]; /* the same as PEP 3118 has it: "f", "Zd"; "" for records */
    size_t itemsize;
    int number;       /* the same as numpy has it */
    PyObject *record; /* the Record of elements that are records, which the owner of the type holds; NULL: of others */
    PyObject *descr;  /* numpy's dtype of those, which the Record has; NULL: of numbers */
    bool raw;      /* its values are read as bytes: value_type_set_raw */
    bool variable; /* text, bytes, lists, and arrays whose first axis has 0 to max elements */
    int ndim; /* text and bytes have one axis here */
    Py_ssize_t shape[VALUE_MAX_NDIM]; /* shape[0] of a variable one is max */
    uint64_t max;                     /* if it is variable */
    size_t row;                       /* bytes of one step of the first axis, or of a whole value of fixed size */
    size_t size;                      /* most bytes of a value */
};

/* The shape of a value with n steps of its first axis. */
static inline void
value_shape(const struct value_type *t, Py_ssize_t n, Py_ssize_t *shape)
{
    memcpy(shape, t->shape, (size_t)t->ndim * sizeof *shape);
    if (t->ndim > 0) {
        shape[0] = n;
    }
}

/* The strides of elements that lie side by side. */
void value_strides(const struct value_type *t, int ndim, const Py_ssize_t *shape, Py_ssize_t *strides);

/* Returns whether the line describes a type. Sets no error. */
bool value_type_parse(struct value_type *t, const char *line);

/* Makes the type of a line's parts; dtype is "-" without one, and `r` with their size for elements that are records.
   Returns whether there is such a type. Sets no error. */
bool value_type_make(struct value_type *t, const char *kind, const char *dtype, bool variable, uint64_t max, int ndim,
                     const uint64_t *axes);

/* Lets values be read as their bytes. Which lengths they may have stays. */
void value_type_set_raw(struct value_type *t);

/* The element conversions of lists and of scalars other than bool, int and float. */

/* Returns 0, or -1: with the error that the conversion raised, an OverflowError for a number out of range, or, for a
   value of a wrong type, with none set. */
int element_put(const struct value_type *t, PyObject *value, void *to);

PyObject *element_get(const struct value_type *t, const void *from);

/* Whether a buffer's items are of the dtype: format as in Py_buffer, NULL for bytes. */
bool format_fits(const struct value_type *t, const char *format, Py_ssize_t itemsize);

#endif
