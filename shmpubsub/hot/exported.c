#include "exported.h"

void
exported_init(struct exported *e, const struct value_type *t, int ndim, const Py_ssize_t *shape, Py_ssize_t *axes)
{
    e->ndim = ndim;
    e->itemsize = t->itemsize;
    memcpy(e->format, t->format, sizeof e->format);
    memcpy(axes, shape, (size_t)ndim * sizeof *shape);
    value_strides(t, ndim, shape, axes + ndim);
}

size_t
exported_size(const struct exported *e, const Py_ssize_t *axes)
{
    size_t size = e->itemsize;
    for (int i = 0; i < e->ndim; i++) {
        size *= (size_t)axes[i];
    }
    return size;
}

void
exported_get(struct exported *e, Py_ssize_t *axes, PyObject *owner, Py_buffer *b, int flags)
{
    *b = (Py_buffer){
        .buf = e->data,
        .obj = Py_NewRef(owner),
        .len = (Py_ssize_t)exported_size(e, axes),
        .itemsize = (Py_ssize_t)e->itemsize,
        .readonly = !e->writable,
        .ndim = e->ndim,
        .format = flags & PyBUF_FORMAT ? e->format : NULL,
        .shape = flags & PyBUF_ND ? axes : NULL,
        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? axes + e->ndim : NULL,
    };
}
