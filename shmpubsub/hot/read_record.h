/* From a payload to a record, or to several. */
#ifndef SHM_READ_RECORD_H
#define SHM_READ_RECORD_H

#include "record_get.h"
#include "subscriber_object.h"

#include "../protocol/payload.h"

/* Whether the entry is one of those that may be kept: the last one is for copies. */
static inline bool
may_stay(const struct payload *p)
{
    const struct topic_file *f = p->hold.file;
    return p->hold.entry != NULL && p->hold.entry < f->pins.table + f->pool.views;
}

/* Makes a record, a list of n of them or, without numpy, lists of an array's. views: arrays in them are views, unless
   they are inline. 1: *object is it; 0: it was overwritten meanwhile; -1, or READ_SPENT, with an error set. */
int read_record(Subscriber *s, const struct value_type *t, struct payload *p, Py_ssize_t n, bool views,
                PyObject **object);

#endif
