/* The newest value of a subscriber whose type is its file's, and what is returned if there is none. */
#ifndef SHM_NEWEST_H
#define SHM_NEWEST_H

#include "subscriber_object.h"

/* (default, False). A list is a new one each time, as every other list that is returned. */
static inline PyObject *
nothing(const Subscriber *s)
{
    PyObject *value = PyTuple_GET_ITEM(s->default_pair, 0);
    if (__builtin_expect(!PyList_CheckExact(value), 1)) {
        return Py_NewRef(s->default_pair);
    }
    PyObject *copy = PyList_GetSlice(value, 0, PyList_GET_SIZE(value));
    return copy == NULL ? NULL : Py_BuildValue("(NO)", copy, Py_False);
}

/* attachment_ready has said that there is a file. (value, True), or nothing(); into may be NULL. */
PyObject *newest_pair(Subscriber *s, PyObject *into);

/* The same as a Sample, or None. */
PyObject *newest_sample(Subscriber *s);

#endif
