/* The type _hot.Subscriber. The shim derives its Subscriber from it and adds everything that is not per value. */
#ifndef SHM_SUBSCRIBER_TYPE_H
#define SHM_SUBSCRIBER_TYPE_H

#include "hot.h"

extern PyType_Spec subscriber_spec;
extern PyMethodDef subscriber_methods[];

bool is_subscriber(PyObject *object);

#endif
