/* One epoll_wait after the other, without the GIL, until something is readable or the time is over. */
#include "poll_wait.h"

#include <math.h>
#include <sys/epoll.h>

#include "../protocol/backoff.h"

#define AT_ONCE 256 /* descriptors that one wait returns; the others are still ready at the next */

/* The time when a wait of so many seconds ends, CLOCK_MONOTONIC ns. */
static uint64_t
end_of(double seconds)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    return seconds < 1e9 ? now + (uint64_t)(seconds * 1e9) : UINT64_MAX;
}

static int
milliseconds_until(uint64_t deadline)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    uint64_t left = deadline > now ? (deadline - now + 999999) / 1000000 : 0;
    return (int)least(left, 3600000);
}

PyObject *
poll_wait(Poll *p, PyObject *timeout)
{
    double seconds = timeout == Py_None ? INFINITY : PyFloat_AsDouble(timeout);
    if ((seconds == -1 && PyErr_Occurred()) || !poll_is_open(p)) {
        return NULL;
    }
    if (!poll_is_ours(p)) {
        return poll_done(EBADF);
    }
    struct epoll_event events[AT_ONCE];
    uint64_t deadline = end_of(seconds > 0 ? seconds : 0);
    for (int n = 0;;) {
        int failure = 0;
        if (!(seconds > 0)) {
            n = epoll_wait(p->epoll, events, AT_ONCE, 0);
            failure = errno;
        }
        else {
            Py_BEGIN_ALLOW_THREADS
            n = epoll_wait(p->epoll, events, AT_ONCE, milliseconds_until(deadline));
            failure = errno;
            Py_END_ALLOW_THREADS
        }
        if (n < 0 && failure != EINTR) {
            return poll_done(failure);
        }
        if (n < 0 && PyErr_CheckSignals() < 0) {
            return NULL;
        }
        if (n >= 0 && (n > 0 || clock_now(CLOCK_MONOTONIC) >= deadline)) {
            PyObject *found = PyList_New(n);
            for (int i = 0; found != NULL && i < n; i++) {
                PyObject *fd = PyLong_FromLong(events[i].data.fd);
                if (fd == NULL) {
                    Py_CLEAR(found);
                    break;
                }
                PyList_SET_ITEM(found, i, fd);
            }
            return found;
        }
    }
}
