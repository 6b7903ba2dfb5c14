/* publish() and publish_many() for every type but bool, int and float. */
#ifndef SHM_PUBLISH_PAYLOAD_H
#define SHM_PUBLISH_PAYLOAD_H

#include "publisher_object.h"

PyObject *publish_payload(Publisher *p, PyObject *value);

/* values is an iterable of them. */
PyObject *publish_payloads(Publisher *p, PyObject *values);

#endif
