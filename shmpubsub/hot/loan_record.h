/* Loans of records: the object that a block fills. Python makes it, _record_loan.py; the arrays in it are the loan's. */
#ifndef SHM_LOAN_RECORD_H
#define SHM_LOAN_RECORD_H

#include "loan_memory.h"

/* Whether the program gets an object, not one array. */
bool loan_is_record(const struct value_type *t);

/* The arrays of a record in the memory: those of its fields that are numpy's, and of records in it. A tuple, or NULL
   with an error set. */
PyObject *loan_record_arrays(LoanMemory *m);

/* The object to fill. NULL with an error set. */
PyObject *loan_record_begin(Publisher *p, PyObject *arrays);

/* Copies what the object has to the memory, unless it is there, and lets it have only the loan's own arrays. Returns 0,
   or -1: with an error set unless p was closed meanwhile. Any code may run. */
int loan_record_end(Publisher *p, LoanMemory *m, PyObject *object, PyObject *arrays);

#endif
