/* The newest value of a subscriber whose type is its file's, and what is returned if there is none. */
#ifndef SHM_NEWEST_H
#define SHM_NEWEST_H

#include "subscriber_object.h"

/* (default, False). What the program could change is new each time: a list, a record, or an array that is not numpy's. */
static inline PyObject *
nothing(const Subscriber *s)
{
    bool changes = s->make != NULL || s->record != NULL || PyList_CheckExact(PyTuple_GET_ITEM(s->default_pair, 0));
    if (__builtin_expect(!changes, 1)) {
        return Py_NewRef(s->default_pair);
    }
    return PyObject_CallMethod((PyObject *)s, "_no_value", NULL);
}

/* (value, True). Takes over the reference to value, also on failure: NULL with an error set. */
static inline PyObject *
pair_of(PyObject *value)
{
    PyObject *pair = PyTuple_New(2);
    if (pair == NULL) {
        Py_DECREF(value);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, value);
    PyTuple_SET_ITEM(pair, 1, Py_NewRef(Py_True));
    return pair;
}

/* attachment_ready has said that there is a file. (value, True), or nothing(); into may be NULL. */
PyObject *newest_pair(Subscriber *s, PyObject *into);

/* The same as a Sample, or None. */
PyObject *newest_sample(Subscriber *s);

#endif
