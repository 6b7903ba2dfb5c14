/* into= of records: Python fills the program's dict or object, _record_into.py, from arrays that are views for as long
   as that takes. */
#ifndef SHM_INTO_RECORD_H
#define SHM_INTO_RECORD_H

#include "subscriber_object.h"
#include "value_type.h"

#include "../protocol/payload.h"

/* Whether it is for records; a structured scalar goes into an array. */
bool into_is_record(const struct value_type *t);

/* Makes an object of a record by this Record, with views even of what is pinned for a copy only. 1: *object is it; 0: it
   was overwritten meanwhile; -1, or READ_SPENT, with an error set. */
int into_record_views(Subscriber *s, PyObject *record, struct payload *p, PyObject **object);

/* Copies a record to `into`. Returns the same. */
int into_record(Subscriber *s, const struct value_type *t, struct payload *p, PyObject *into, PyObject **object);

#endif
