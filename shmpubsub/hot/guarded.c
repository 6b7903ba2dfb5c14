/* A thread in Go runs on a goroutine's stack of a few KiB, on which no handler of the program may run; and Go's threads
   keep the signal mask with which they are started, during the load. So signals are blocked around every call. They
   are delivered when the thread is back on its own stack, or to another thread.

   Signals of faults stay unblocked: blocked, they would end the process without the program's crash handler. */
#include "guarded.h"

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
guarded(PyObject *Py_UNUSED(module), PyObject *function)
{
    static PyMethodDef definition = {"guarded", (PyCFunction)(void (*)(void))call, METH_FASTCALL | METH_KEYWORDS, NULL};
    return PyCFunction_New(&definition, function);
}
