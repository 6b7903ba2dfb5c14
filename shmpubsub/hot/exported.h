/* Memory as a memoryview sees it: elements of a type, side by side. */
#ifndef SHM_EXPORTED_H
#define SHM_EXPORTED_H

#include "value_type.h"

struct exported {
    void *data;
    bool writable;
    char format[3];
    size_t itemsize;
    int ndim;
};

/* Describes an array of elements of the type. axes has room for 2 * ndim: the shape, then the strides. */
void exported_init(struct exported *e, const struct value_type *t, int ndim, const Py_ssize_t *shape, Py_ssize_t *axes);

size_t exported_size(const struct exported *e, const Py_ssize_t *axes);

/* Fills a buffer of owner's, as tp_as_buffer's bf_getbuffer does. */
void exported_get(struct exported *e, Py_ssize_t *axes, PyObject *owner, Py_buffer *b, int flags);

#endif
