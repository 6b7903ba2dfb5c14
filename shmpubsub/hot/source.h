/* A value to publish, checked against its topic's type, before it is in shared memory. */
#ifndef SHM_SOURCE_H
#define SHM_SOURCE_H

#include "source_copy.h"
#include "writer.h"

/* Returns 0, or -1: with an error set or, if p was closed meanwhile, possibly with none. May run any code: look at
   writer_is_open afterwards. position: the value's in a batch, or -1. */
int source_of(Publisher *p, struct writer *w, PyObject *value, Py_ssize_t position, struct source *s);

/* Whether the buffer's first axis is one of values of the type; *length is their size. */
bool source_has_rows(const struct value_type *t, const Py_buffer *rows, size_t *length);

/* Value i of those. */
void source_of_row(const struct value_type *t, const Py_buffer *rows, size_t length, Py_ssize_t i, struct source *s);

/* What source_fill does with records that have large arrays. */
int source_fill_records(const struct source *s, const struct value_type *t, void *to);

/* Copies it to where the value will be. May let other threads run. Returns 0, or -1 with an error set. */
static inline int
source_fill(const struct source *s, const struct value_type *t, void *to)
{
    return __builtin_expect(s->image == NULL, 1) ? source_copy(s, t, to) : source_fill_records(s, t, to);
}

void source_release(struct source *s);

#endif
