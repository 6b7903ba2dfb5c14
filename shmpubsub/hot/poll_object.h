/* The object that a follower waits with: poll.c. */
#ifndef SHM_POLL_OBJECT_H
#define SHM_POLL_OBJECT_H

#include <errno.h>
#include <sys/epoll.h>

#include "names.h"

typedef struct Poll {
    PyObject_HEAD
    int epoll; /* -1: a forked child's, or not open yet */
    int joined; /* the inotify that the epoll has; -1: none */
    bool closed;
    struct names_listener names;
    struct Poll *next, **link;
} Poll;

/* Whether the number still is this epoll's, and not that of the program's own, as only this one has the wake. The
   program may have closed all descriptors. Async-signal-safe. */
static inline bool
poll_is_ours(const Poll *p)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = p->names.wake.fd};
    return own_wake_is_open(&p->names.wake) && epoll_ctl(p->epoll, EPOLL_CTL_MOD, p->names.wake.fd, &event) == 0;
}

/* Returns whether it is open; an error is set if not. */
static inline bool
poll_is_open(const Poll *p)
{
    if (p->closed) {
        PyErr_SetString(PyExc_ValueError, "this Poll is closed");
    }
    return !p->closed;
}

static inline PyObject *
poll_done(int failure)
{
    if (failure != 0) {
        errno = failure;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

#endif
