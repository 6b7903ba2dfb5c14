#include "patience.h"

#include <time.h>

#include "../protocol/backoff.h"
#include "arguments.h"
#include "attachment.h"

/* As many values further the newest one is due, which stays longest. */
#define TRIES_AT_ONCE 8
#define FIRST_PAUSE 20000u /* ns */
#define LAST_PAUSE 1000000u

int
patience_lapped(struct patience *p, Subscriber *s, uint64_t open_epoch)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    if (p->deadline == 0) {
        p->deadline = now + PATIENCE;
        p->raises = true;
    }
    if (++p->tries > TRIES_AT_ONCE) {
        if (now >= p->deadline) {
            if (p->raises) {
                raised(PyObject_CallMethod((PyObject *)s, "_lapped", "k", p->tries));
            }
            return p->raises ? -1 : 0;
        }
        p->pause = p->pause == 0 ? FIRST_PAUSE : least(2 * p->pause, LAST_PAUSE);
        struct timespec pause = timespec_of(least(p->pause, p->deadline - now));
        Py_BEGIN_ALLOW_THREADS
        (void)nanosleep(&pause, NULL);
        Py_END_ALLOW_THREADS
    }
    return PyErr_CheckSignals() < 0 || attachment_is_over(s, open_epoch) ? -1 : 1;
}
