#include "stamp.h"

#include "../protocol/times.h"
#include "refuse.h"

bool
stamp_parse(Publisher *p, PyObject *given, uint64_t *ns)
{
    PyObject *number = PyBool_Check(given) || !PyIndex_Check(given) ? NULL : PyNumber_Index(given);
    if (number == NULL) {
        if (!PyErr_Occurred()) {
            refuse_time(p, given, 0, 0, false);
        }
        return false;
    }
    int beyond = 0;
    long long found = PyLong_AsLongLongAndOverflow(number, &beyond);
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    bool fits = beyond == 0 && found >= 1 && (uint64_t)found <= now;
    if (!fits) {
        refuse_time(p, number, now, 0, false);
    }
    Py_DECREF(number);
    *ns = (uint64_t)found;
    return fits;
}

/* Whether the newest value was carried over. */
static bool
carries(const Publisher *p)
{
    const unsigned char *header = (const unsigned char *)p->ring.mapped - SHM_HEAD_OFFSET;
    return p->ring.k == 1 && *(const uint64_t *)(header + SHM_CARRIED_TIME_OFFSET) != 0;
}

/* The least time that the next value may have: that of the newest value; 0: there is none, or it was carried over from
   an earlier boot, whose clock was ahead. Subscribers tell a value that was carried over from others by its time: the
   next one has a later time. */
static uint64_t
least_time(const Publisher *p, uint64_t now)
{
    uint64_t time = 0;
    if (p->ring.k == 0 || !ring_time_of(&p->ring, p->ring.k, &time) || time > now) {
        return 0;
    }
    return time + (carries(p) ? 1 : 0);
}

bool
stamp_in_order(Publisher *p, const struct stamp *stamp)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC), least = least_time(p, now);
    if (stamp->ns >= least) {
        return true;
    }
    PyObject *number = PyLong_FromUnsignedLongLong(stamp->ns);
    if (number != NULL) {
        refuse_time(p, number, now, least, carries(p));
        Py_DECREF(number);
    }
    return false;
}

bool
stamp_other(Publisher *p, struct stamp *stamp, uint64_t *ns)
{
    if (stamp->given && !stamp_in_order(p, stamp)) {
        return false;
    }
    /* Another thread may have published since the last value of the batch. */
    if (!stamp->given && (stamp->ns == 0 || stamp->k != p->ring.k)) {
        stamp->ns = clock_now(CLOCK_MONOTONIC);
    }
    stamp->k = p->ring.k + 1;
    *ns = stamp->ns;
    return true;
}
