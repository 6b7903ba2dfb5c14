/* A publisher's errors, which the shim's methods word and raise. */
#ifndef SHM_REFUSE_H
#define SHM_REFUSE_H

#include "publisher_object.h"

/* It is not open: NULL, or None in a daemon thread that outlives its process, where publish() does nothing. */
PyObject *refuse_publisher(Publisher *p);

/* NULL: the value has a wrong type, or overflows. position: the value's in a batch, or -1. */
PyObject *refuse_value(Publisher *p, PyObject *value, bool overflow, Py_ssize_t position);

/* NULL: the error is that of converting the value to a bool, an int or a float, if one is set; it has a wrong type
   otherwise. */
PyObject *refuse_number(Publisher *p, PyObject *value);

/* NULL: the time is no int or, at `now`, not from 1 to now; or it is less than `least`, if that is not 0, because of the
   value before, which was carried over or not. */
PyObject *refuse_time(Publisher *p, PyObject *time, uint64_t now, uint64_t least, bool carries);

/* NULL: the loan whose time is set has ended. */
PyObject *refuse_loan_time(Publisher *p);

/* NULL: that element of a list whose elements are of the dtype. */
PyObject *refuse_element(Publisher *p, const char *dtype, PyObject *element, bool overflow, Py_ssize_t index,
                         Py_ssize_t position);

/* NULL: a value of that many elements or bytes is too long. */
PyObject *refuse_length(Publisher *p, size_t length, Py_ssize_t position);

/* NULL: a field of a record, or of a record in it, does not fit. path: which one, such as arm.joints[2]. */
PyObject *refuse_field(Publisher *p, PyObject *path, PyObject *value, bool overflow, Py_ssize_t position);

/* NULL: its value is too long. */
PyObject *refuse_field_length(Publisher *p, PyObject *path, size_t length, Py_ssize_t position);

/* NULL: value is not the bytes of a value of the topic's type. */
PyObject *refuse_raw(Publisher *p, PyObject *value);

/* NULL: values is no iterable of values. */
PyObject *refuse_values(Publisher *p, PyObject *values);

/* NULL: open loans have all chunks that can be filled at once. */
PyObject *refuse_loan(Publisher *p);

/* NULL: a loan is for one block. */
PyObject *refuse_loan_again(Publisher *p);

/* NULL: the topic has no loans, or not of that size; NULL stands for none. */
PyObject *refuse_loan_size(Publisher *p, PyObject *size);

/* NULL: arrays that may write still exist. */
PyObject *refuse_arrays(Publisher *p);

#endif
