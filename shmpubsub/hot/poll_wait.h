/* Poll.wait. */
#ifndef SHM_POLL_WAIT_H
#define SHM_POLL_WAIT_H

#include "poll_object.h"

PyObject *poll_wait(Poll *p, PyObject *timeout);

#endif
