/* The publisher that Python programs hold. */
#ifndef SHM_PUBLISHER_OBJECT_H
#define SHM_PUBLISHER_OBJECT_H

#include "hot.h"

#include "../protocol/at_exit.h"
#include "../protocol/ring.h"

struct writer;

typedef struct Publisher {
    PyObject_HEAD
    struct ring ring; /* .mapped NULL: closed, inherited, or not yet open */
    uint32_t *wait;
    enum shm_type type;
    struct writer *writer;     /* NULL: of a bool, an int or a float */
    bool gives_numpy;          /* loans are numpy's arrays */
    bool inherited;            /* an ancestor of this process opened it */
    unsigned long maker;       /* the thread that is opening it; 0: none */
    PyObject *topic;           /* what it was last opened with: a tuple that begins with directory and name */
    struct exit_topic *at_exit; /* NULL: retained, or not open */
    PyObject *go;              /* gopy's module, while mapped */
    PyObject *handle;          /* of the Go publisher in it */
    struct Publisher *next, **link; /* in registry.c's list, while it is opened, open or closed; link NULL: not in it */
    PyObject *weakrefs;
} Publisher;

#endif
