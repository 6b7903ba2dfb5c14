/* Entering the file that Go has opened and mapped. */
#ifndef SHM_ATTACHMENT_MAP_H
#define SHM_ATTACHMENT_MAP_H

#include "subscriber_object.h"

/* The method _map. */
PyObject *attachment_map(Subscriber *s, PyObject *args);

#endif
