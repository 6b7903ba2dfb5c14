/* Opening and closing a publisher through gopy's module. Each is one call as Python sees it, so that no signal handler,
   and with it no KeyboardInterrupt, can come between its steps. */
#ifndef SHM_LIFETIME_H
#define SHM_LIFETIME_H

#include "publisher_object.h"

/* The method _create. */
PyObject *publisher_create(Publisher *p, PyObject *args);

/* Closes the Go publisher. Returns 1, 0 if there was nothing to close, or -1 with an error set. */
int publisher_end(Publisher *p);

#endif
