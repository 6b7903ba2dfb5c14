/* All open publishers of this process, including those that are being opened or closed. */
#ifndef SHM_REGISTRY_H
#define SHM_REGISTRY_H

#include "publisher_object.h"

/* Returns 0 or an errno. After fork_init. */
int registry_init(void);

void registry_add(Publisher *p);
void registry_remove(Publisher *p);

/* Methods of the module. */
PyObject *registry_publishers(PyObject *module, PyObject *ignored);
PyObject *registry_publisher_of(PyObject *module, PyObject *args);
PyObject *registry_changes(PyObject *module, PyObject *ignored);
PyObject *registry_count(PyObject *module, PyObject *ignored);

#endif
