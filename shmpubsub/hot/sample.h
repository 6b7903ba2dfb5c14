/* Samples: values with their number, time and age. */
#ifndef SHM_SAMPLE_H
#define SHM_SAMPLE_H

#include "subscriber_object.h"

/* Adds the type Sample. Returns 0, or -1 with an error set. */
int sample_init(PyObject *module);

/* How old a value is, ns, like Go's age(). A publisher's clock may be a little ahead of the one just read; a time
   further ahead comes from another boot or time namespace, and only shows that the value is old: UINT64_MAX. */
uint64_t value_age(uint64_t published, uint64_t now);

/* Takes over the reference to value. */
PyObject *sample_of(PyObject *value, uint64_t k, uint64_t time);

PyObject *sample_object(const Subscriber *s, const struct ring_value *v);

static inline bool
value_too_old(const Subscriber *s, uint64_t published)
{
    return __builtin_expect(s->max_age != 0, 0) && value_age(published, clock_now(CLOCK_MONOTONIC)) > s->max_age;
}

#endif
