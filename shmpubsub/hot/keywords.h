/* The arguments of methods that the interpreter calls without a tuple (METH_FASTCALL | METH_KEYWORDS). */
#ifndef SHM_KEYWORDS_H
#define SHM_KEYWORDS_H

#include "hot.h"

#define MAX_PARAMETERS 2

struct signature {
    const char *method;
    bool by_position; /* the first may be given without its name */
    const char *names[MAX_PARAMETERS];
};

/* Sets the value of each name that was given; NULL: it was not. Returns false with an error set. */
bool keywords_parse(const struct signature *s, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **values);

#endif
