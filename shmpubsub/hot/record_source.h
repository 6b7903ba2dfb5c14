/* Records to publish: whole values, and what is wrong with those that do not fit. */
#ifndef SHM_RECORD_SOURCE_H
#define SHM_RECORD_SOURCE_H

#include "record_put.h"
#include "writer.h"

/* Converts a value of a topic of records, or of lists of them, into s. RAISED: with an error set, unless p was closed
   meanwhile; WRONG and TOO_LONG are of lists, with none set. */
enum fit record_source(Publisher *p, const struct writer *w, PyObject *value, Py_ssize_t position, struct source *s);

/* The same for one record into memory that is clear, as all of it is small. */
enum fit record_words(Publisher *p, const struct writer *w, PyObject *value, char *to);

/* Converts a record, by a Record that need not be the type's, into memory that it may have arrays in already. Returns 0,
   or -1: with an error set unless p was closed meanwhile. */
int record_into(Publisher *p, const struct writer *w, const Record *r, PyObject *value, char *memory);

#endif
