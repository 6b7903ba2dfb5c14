/* The subscriber that Python programs hold, and what its files share. */
#ifndef SHM_SUBSCRIBER_H
#define SHM_SUBSCRIBER_H

#include "hot.h"

#include <sys/types.h>

/* How long a killed publisher may look alive, ns; the promise is 100 ms and the coarse clock ticks
   every 10 ms at worst. It is compared with a difference: a child forked into another time namespace
   may find that the last look lies in its future. */
#define CHECK_EVERY 85000000u

typedef struct Subscriber {
    PyObject_HEAD
    struct shm_ring ring; /* .state NULL: nothing to read here, look at the name */
    uint64_t checked_at;  /* when it asked after the publisher, CLOCK_MONOTONIC_COARSE ns */
    enum shm_type type;
    bool retain;     /* the file's values outlive its publisher */
    uint64_t max_age; /* ns; 0: none */
    PyObject *missing; /* (default, False) */
    PyObject *last;    /* what was last returned with True: most polls find the same value again */
    uint64_t last_k;   /* its number; 0: none */
    uint64_t last_time;
    uint64_t generation; /* of the attachment: moves on with every file */
    PyObject *path;    /* of the topic's file, bytes; NULL: closed or not yet open */
    /* The file last attached to stays mapped when its publisher has died or its name has moved on: its inode
       number, by which its successor is told from it, cannot be used again until then. */
    struct shm_mapping mapping;
    dev_t dev;
    ino_t ino;
    PyObject *weakrefs;
} Subscriber;

/* attachment.c */
void attachment_let_go(Subscriber *s);
bool attachment_publisher_lives(Subscriber *s);
bool attachment_check(Subscriber *s, uint64_t now);
int attachment_renew(Subscriber *s);
PyObject *attachment_map(Subscriber *s, PyObject *args);

#endif
