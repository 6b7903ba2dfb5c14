/* The exception that is set, put aside while code runs that may set another one. */
#ifndef SHM_RAISED_H
#define SHM_RAISED_H

#include <Python.h>

struct raised {
#if PY_VERSION_HEX < 0x030c0000 /* which brings one object instead, and deprecates PyErr_Fetch() */
    PyObject *type, *traceback;
#endif
    PyObject *value;
};

static inline struct raised
put_aside(void)
{
    struct raised r;
#if PY_VERSION_HEX < 0x030c0000
    PyErr_Fetch(&r.type, &r.value, &r.traceback);
#else
    r.value = PyErr_GetRaisedException();
#endif
    return r;
}

/* Sets it again, or none if none was; drops one that is set now. */
static inline void
put_back(struct raised r)
{
#if PY_VERSION_HEX < 0x030c0000
    PyErr_Restore(r.type, r.value, r.traceback);
#else
    PyErr_SetRaisedException(r.value);
#endif
}

#endif
