/* The type _hot.Subscriber. The shim derives its Subscriber from it and adds everything that is not per value. */
#ifndef SHM_SUBSCRIBER_TYPE_H
#define SHM_SUBSCRIBER_TYPE_H

#include "hot.h"

extern PyType_Spec subscriber_spec;
extern PyMethodDef subscriber_methods[];
extern PyMethodDef subscriber_array_methods[]; /* of the same names, that take into= */

/* Whether it is the type of a subscriber. */
bool is_subscriber_type(PyTypeObject *type);

#endif
