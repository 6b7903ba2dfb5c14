/* loan(): a chunk to fill in place, published at the end of a with block. */
#ifndef SHM_LOAN_H
#define SHM_LOAN_H

#include "publisher_object.h"

extern const char loan_doc[];

/* Returns 0 or -1. */
int loan_init(void);

/* The method loan. */
PyObject *loan(Publisher *p, PyObject *const *args, Py_ssize_t n, PyObject *names);

#endif
