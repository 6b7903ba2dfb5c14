/* From the bytes of a record to what a program has for it. */
#ifndef SHM_RECORD_GET_H
#define SHM_RECORD_GET_H

#include "record.h"

/* A record that could not be handed over although the memory is right: code of the program's classes raised, or an Enum
   has no such member. It counts as taken. */
#define READ_SPENT (-2)

struct get {
    PyObject *subscriber; /* which words the errors */
    PyObject *holder;     /* of the bytes: arrays are views of them; NULL: arrays are copies */
    bool shared;          /* other processes may be able to change the bytes meanwhile */
    bool writable;        /* the copies */
    bool filling;         /* only those arrays that are copied from there are views */
    bool spent;           /* an error means READ_SPENT */
    PyObject *path;       /* of a field that has no such member, to be released; NULL */
    PyObject *stranger;   /* its value */
};

/* Makes what the program has of a record, or a list of n of them that lie side by side. NULL with an error set, or with
   g->stranger set: get_refuse raises for that. */
PyObject *record_get(struct get *g, const Record *r, const char *from);
PyObject *record_get_list(struct get *g, const Record *r, Py_ssize_t n, const char *from);

/* The same for an array of them, without numpy: lists in lists. n: steps of the first axis. */
PyObject *record_get_lists(struct get *g, const struct value_type *t, Py_ssize_t n, const char *from);

/* Ends a call that has returned NULL: -1 or READ_SPENT, with an error set. */
int get_refuse(struct get *g);

#endif
