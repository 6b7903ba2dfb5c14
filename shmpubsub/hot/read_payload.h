/* From a payload to what a program gets: a number, text, a list, an array of its own, or a view. */
#ifndef SHM_READ_PAYLOAD_H
#define SHM_READ_PAYLOAD_H

#include "subscriber_object.h"
#include "value_type.h"

#include "../protocol/payload.h"

/* What a subscriber does with payloads. */
static inline enum payload_use
use_of(const Subscriber *s)
{
    return s->copy ? PAYLOAD_COPY : PAYLOAD_VIEW;
}

static inline const char *
path_of(const Subscriber *s)
{
    return s->path == NULL ? NULL : PyBytes_AS_STRING(s->path);
}

/* Makes an object of a payload of file f or, with into, copies it there. 1: *object is it; 0: it was overwritten
   meanwhile, the caller calls payload_lapped; -1 with an error set, or READ_SPENT. Other threads and finalizers may run,
   and close s. */
int read_payload(Subscriber *s, struct topic_file *f, struct payload *p, PyObject *into, PyObject **object);

/* Copies it to a place in a buffer with a leading axis. Returns the same. */
int read_place(Subscriber *s, struct topic_file *f, struct payload *p, PyObject *into, Py_ssize_t place);

/* A view that finds no free entry becomes a copy, for which there is one more. r is a ring of file f. Returns false if
   the value was overwritten meanwhile. */
bool read_pin_copy(struct ring r, struct topic_file *f, const char *path, struct payload *p);

#endif
