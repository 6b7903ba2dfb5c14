/* Copies of arrays whose elements do not lie side by side. */
#ifndef SHM_STRIDED_H
#define SHM_STRIDED_H

#include "hot.h"

struct strided {
    const char *data;
    int ndim;
    const Py_ssize_t *shape, *strides; /* strides in bytes */
    size_t itemsize;
};

/* The bytes that lie side by side: all of a C-contiguous array. *outer is the number of axes around them. */
size_t strided_run(const struct strided *from, int *outer);

/* Copies the elements side by side, in C's order. */
void strided_copy(char *to, const struct strided *from);

/* Copies elements that lie side by side to a place of that shape, whose data is not used. */
void strided_fill(char *to, const struct strided *shape, const char *from);

#endif
