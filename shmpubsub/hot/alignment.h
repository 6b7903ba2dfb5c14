/* The type behind shm_pub_sub.align: protocol/align.h says which sets it finds. */
#ifndef SHM_ALIGNMENT_H
#define SHM_ALIGNMENT_H

#include "hot.h"

extern PyType_Spec alignment_spec;

#endif
