/* The one way into Go. While a thread is in Go its stack is a goroutine's, of a few KiB, on which no
   handler of the program's may run; and Go's threads keep the signal mask that is set while they are
   started, which is during the load. So signals are blocked around every call, and whatever comes
   meanwhile is delivered when the thread is back on its own stack, or to another thread.

   What a thread raises itself by a fault cannot wait: blocked, it would end the process without the
   program's crash handler. */
#include "hot.h"

#include <signal.h>

static PyObject *
call(PyObject *function, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t signals, before;
    sigfillset(&signals);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        sigdelset(&signals, faults[i]);
    }
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    PyObject *result = PyObject_Vectorcall(function, args, (size_t)n, names);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

PyObject *
shm_guarded(PyObject *Py_UNUSED(module), PyObject *function)
{
    static PyMethodDef definition = {"guarded", (PyCFunction)(void (*)(void))call, METH_FASTCALL | METH_KEYWORDS, NULL};
    return PyCFunction_New(&definition, function);
}
