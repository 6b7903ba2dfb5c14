/* into=: the program's own array, or any other writable buffer, that a value is copied to. */
#ifndef SHM_INTO_H
#define SHM_INTO_H

#include "subscriber_object.h"
#include "value_type.h"

#include "../protocol/payload.h"

/* Parses into=, the only argument that a method of this name takes; *into is NULL without it. Returns false with an
   error set. */
bool into_parse(const char *method, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **into);

static inline bool
into_of(const char *method, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **into)
{
    *into = NULL;
    return (n == 0 && names == NULL) || into_parse(method, args, n, names, into);
}

/* into= is refused by a topic of bool, int or float: always returns NULL with an error set. */
void *into_refuse_scalar(Subscriber *s, PyObject *into);

struct into {
    PyObject *object;
    Py_buffer view; /* .obj NULL: an ndarray, whose own fields are used */
    char *data;
    int ndim;
    bool contiguous; /* in C's order */
    Py_ssize_t shape[VALUE_MAX_NDIM + 1], strides[VALUE_MAX_NDIM + 1];
};

/* Looks whether values of the type fit into the object, with leading along an axis in front of theirs. Returns 0, or -1
   with an error set. Then there is into_close, but nothing to close after an error. */
int into_open(struct into *d, Subscriber *s, const struct value_type *t, PyObject *object, bool leading);
void into_close(struct into *d);

/* How many steps of its first axis it has. */
static inline Py_ssize_t
into_room(const struct into *d)
{
    return d->ndim == 0 ? 1 : d->shape[0];
}

/* Copies a payload to it, without leading axis, or to its place there. 1; 0: it was overwritten meanwhile; -1 with an
   error set. */
int into_fill(const struct into *d, const struct value_type *t, const struct payload *p);
int into_fill_place(const struct into *d, const struct value_type *t, const struct payload *p, Py_ssize_t place);

/* The first n steps of its first axis, as what it is; a memoryview if slicing it would copy. */
PyObject *into_first(const struct into *d, const struct value_type *t, Py_ssize_t n);

#endif
