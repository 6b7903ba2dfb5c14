/* The subscriber that Python programs hold. All of it is read and written under the GIL. */
#ifndef SHM_SUBSCRIBER_OBJECT_H
#define SHM_SUBSCRIBER_OBJECT_H

#include "hot.h"

#include "../protocol/cursor.h"
#include "../protocol/identity.h"
#include "../protocol/watch.h"

#define BY_FILE ((enum shm_type)0)

typedef struct Subscriber {
    PyObject_HEAD
    struct ring ring;    /* of the present file, for subscribe(); .mapped NULL: nothing to read, look at the name */
    long depth;          /* how many values the file keeps */
    uint64_t checked_at; /* when the publisher was last checked, CLOCK_MONOTONIC_COARSE ns */
    enum shm_type type;     /* bool, int or float; BY_FILE: the file says it, and it need not be the last one's */
    uint64_t max_age;       /* ns; 0: none */
    PyObject *default_pair; /* (default, False) */
    PyObject *make;         /* make(n): an array of the default's kind; NULL: numpy's, or memoryview */
    PyObject *record;       /* the Record of values that are, or have, records; NULL: of others, or the file says it */
    bool copy;              /* false: views, where there can be */
    bool raw;               /* values are their bytes, whatever the type */
    uint64_t copied;        /* views that had to be copies */
    PyObject *last_pair;    /* (value, True), as last returned: most calls find the same value again */
    uint64_t last_k;        /* its number; 0: none */
    uint64_t last_time;
    uint64_t open_epoch; /* moves on when it is opened: a call ends with the epoch in which it began */
    PyObject *path;      /* of the topic's file, bytes; NULL: closed or not yet open */

    struct cursor cursor;
    uint64_t history; /* how many of the existing values it receives first */
    bool joined;      /* it exists: all that is published from now on is for it */

    struct watch *watch; /* behind fileno(); NULL: nobody asked for it */
    bool unarmed;        /* fileno() is not made readable by more values: stirred() is asked for them */
    struct extra_watch *extra_watches;
    uint64_t files; /* how many it has begun to read: the number of the present one */
    unsigned spins, waits_until_spin, waits_between_spins; /* whether spinning has paid off lately: wait.c */
    /* What the name points at, if it belongs to somebody who is not trusted: it is ignored. Go decides, and is asked
       again now and then, as the directory's mode counts too. */
    struct identity untrusted; /* .ino 0: nothing */
    uint64_t untrusted_at;     /* when Go was asked, CLOCK_MONOTONIC_COARSE ns */

    PyObject *weakrefs;
} Subscriber;

#endif
