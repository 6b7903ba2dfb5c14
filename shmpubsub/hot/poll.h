/* Waiting for any of many descriptors, and for names that change. */
#ifndef SHM_POLL_H
#define SHM_POLL_H

#include "hot.h"

extern PyType_Spec poll_spec;

/* Returns 0 or an errno. After names_init. */
int poll_init(void);

#endif
