/* publish() and publish_many() for every type but bool, int and float. */
#ifndef SHM_PUBLISH_PAYLOAD_H
#define SHM_PUBLISH_PAYLOAD_H

#include "publisher_object.h"
#include "source.h"
#include "stamp.h"

/* stamp: NULL, or a time that is given. */
PyObject *publish_payload(Publisher *p, PyObject *value, struct stamp *stamp);

/* Publishes a value whose bytes are known, through w, which the caller holds. */
PyObject *publish_source(Publisher *p, struct writer *w, const struct source *s, struct stamp *stamp);

/* values is an iterable of them. */
PyObject *publish_payloads(Publisher *p, PyObject *values);

#endif
