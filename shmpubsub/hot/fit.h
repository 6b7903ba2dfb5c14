/* Where the bytes of a value to publish are, once it is known to be of its topic's type. */
#ifndef SHM_FIT_H
#define SHM_FIT_H

#include "strided.h"
#include "value_type.h"

struct source {
    struct strided from; /* ndim 0: from.data has `length` bytes side by side */
    size_t length;
    PyObject *array; /* value, if that is numpy's and not contiguous */
    PyObject *value; /* owned, as all that follows */
    Py_buffer *view;
    void *made;
    struct image *image; /* of a record with large arrays, instead of all that is above; NULL */
    uint64_t small[2];   /* of one element: from.data may point to it */
};

enum fit { RAISED = -1, FITS, WRONG, TOO_LONG };

/* Look whether the value has the type, and where its bytes are. s must be zero but for its value. May run the code of
   an object that exports its memory. Unless RAISED, no error is set. */
enum fit fit_array(const struct value_type *t, PyObject *value, struct source *s);
enum fit fit_bytes(const struct value_type *t, PyObject *value, struct source *s);
enum fit fit_text(const struct value_type *t, PyObject *value, struct source *s);

/* Whether an array of that shape is of the type; sets the length. */
enum fit fit_shape(const struct value_type *t, int ndim, const Py_ssize_t *shape, struct source *s);

void fit_release(struct source *s);

#endif
