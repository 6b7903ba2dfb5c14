/* The type _hot.Publisher. The shim derives its Publisher from it and adds everything that is not per value. */
#ifndef SHM_PUBLISHER_H
#define SHM_PUBLISHER_H

#include "hot.h"

extern PyType_Spec publisher_spec;
extern PyMethodDef publisher_methods[];

#endif
