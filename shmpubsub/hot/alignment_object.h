/* Subscribers of which samples of the same time are taken together. All of it is read and written under the GIL. */
#ifndef SHM_ALIGNMENT_OBJECT_H
#define SHM_ALIGNMENT_OBJECT_H

#include "extra_watch.h"

#include "../protocol/align.h"

struct alignment_topic {
    Subscriber *s;
    uint64_t open_epoch; /* it is over when s is opened again */
    uint64_t file;       /* s->files when candidates were last looked for; 0: there was nothing to read */
    uint64_t last_file;  /* of its sample in the last set */
    uint64_t last_k;     /* the number of that sample; 0: there was none */
    uint64_t dropped;
    struct extra_watch watch;
};

typedef struct alignment {
    PyObject_HEAD
    Py_ssize_t n;
    struct alignment_topic *topics;
    struct align_topic *found; /* the same topics, for protocol/align.c */
    PyObject *names;           /* of a set's dict; NULL: a set is a tuple */
    uint64_t tolerance;        /* ns */
    uint64_t floor;            /* no set will have an earlier time: protocol/align.h */
    long awaited;              /* the topic whose next value the next set needs */
    struct watch *watch;       /* behind fileno(); NULL: nobody asked for it */
    uint64_t sets;             /* delivered so far */
    uint64_t spread;           /* ns, of the last set */
    uint64_t worst_spread;
} Alignment;

#endif
