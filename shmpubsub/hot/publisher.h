/* The publisher that Python programs hold, and what its files share. */
#ifndef SHM_PUBLISHER_H
#define SHM_PUBLISHER_H

#include "../protocol/at_exit.h"
#include "hot.h"

typedef struct Publisher {
    PyObject_HEAD
    struct shm_ring ring; /* .state NULL: closed, inherited, or not yet open */
    uint32_t *wait;
    enum shm_type type;
    bool inherited; /* the process that opened it is an ancestor of this one */
    unsigned long maker; /* the thread that is making it; 0: none is */
    PyObject *topic;  /* what it was last made with: a tuple that begins with directory and name */
    struct shm_topic *end; /* end.c; NULL: retained, or not open */
    PyObject *go;     /* gopy's module, while mapped */
    PyObject *handle; /* of the Go publisher in it */
    struct Publisher *next, **link; /* in open_publishers, while it is made, open or closed; link NULL: not in it */
    PyObject *weakrefs;
} Publisher;

/* publisher.c. The position is that of the value in a batch, or -1. */
PyObject *publisher_unusable(Publisher *p);
PyObject *publisher_refuse(Publisher *p, PyObject *value, bool overflow, Py_ssize_t position);

/* publish_many.c */
PyObject *publish_many(Publisher *p, PyObject *values);

/* registry.c */
void registry_add(Publisher *p);
void registry_remove(Publisher *p);

/* lifetime.c */
PyObject *publisher_create(Publisher *p, PyObject *args);
int publisher_end(Publisher *p);

#endif
