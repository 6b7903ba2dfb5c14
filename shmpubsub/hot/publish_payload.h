/* publish() and publish_many() for every type but bool, int and float. */
#ifndef SHM_PUBLISH_PAYLOAD_H
#define SHM_PUBLISH_PAYLOAD_H

#include "publisher_object.h"
#include "stamp.h"

/* stamp: NULL, or a time that is given. */
PyObject *publish_payload(Publisher *p, PyObject *value, struct stamp *stamp);

/* values is an iterable of them. */
PyObject *publish_payloads(Publisher *p, PyObject *values);

#endif
