#include "strided.h"

size_t
strided_run(const struct strided *from, int *outer)
{
    size_t run = from->itemsize;
    int axis = from->ndim;
    while (axis > 0 && (from->shape[axis - 1] == 1 || from->strides[axis - 1] == (Py_ssize_t)run)) {
        run *= (size_t)from->shape[--axis];
    }
    *outer = axis;
    return run;
}

/* A constant size becomes one or two instructions. */
#define COPY_EACH(size)                                                                                               \
    for (Py_ssize_t i = 0; i < n; i++, to += (size), from += stride) {                                                \
        memcpy(to, from, (size));                                                                                     \
    }                                                                                                                 \
    break

/* Copies n runs, which lie stride bytes apart. Returns the end in `to`. */
static char *
copy_runs(char *to, const char *from, Py_ssize_t n, Py_ssize_t stride, size_t run)
{
    switch (run) {
    case 1:
        COPY_EACH(1);
    case 2:
        COPY_EACH(2);
    case 3: /* of a pixel's 4 */
        COPY_EACH(3);
    case 4:
        COPY_EACH(4);
    case 8:
        COPY_EACH(8);
    case 12: /* of a point's 16 */
        COPY_EACH(12);
    case 16:
        COPY_EACH(16);
    default:
        COPY_EACH(run);
    }
    return to;
}

static char *
copy_axes(char *to, const char *from, const struct strided *array, int axis, int outer, size_t run)
{
    Py_ssize_t n = array->shape[axis], stride = array->strides[axis];
    if (axis == outer - 1) {
        return copy_runs(to, from, n, stride, run);
    }
    for (Py_ssize_t i = 0; i < n; i++, from += stride) {
        to = copy_axes(to, from, array, axis + 1, outer, run);
    }
    return to;
}

void
strided_copy(char *to, const struct strided *from)
{
    int outer;
    size_t run = strided_run(from, &outer);
    if (outer == 0) {
        memcpy(to, from->data, run);
    }
    else {
        copy_axes(to, from->data, from, 0, outer, run);
    }
}

static const char *
fill_axes(char *to, const char *from, const struct strided *shape, int axis, int outer, size_t run)
{
    if (axis == outer) {
        memcpy(to, from, run);
        return from + run;
    }
    for (Py_ssize_t i = 0; i < shape->shape[axis]; i++, to += shape->strides[axis]) {
        from = fill_axes(to, from, shape, axis + 1, outer, run);
    }
    return from;
}

void
strided_fill(char *to, const struct strided *shape, const char *from)
{
    int outer;
    size_t run = strided_run(shape, &outer);
    fill_axes(to, from, shape, 0, outer, run);
}
