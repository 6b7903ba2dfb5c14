/* Without enough room Go ends the process while it is loaded, or later. So all that it will need is allocated first,
   and given back. */
#include "room.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../guest/guest.h"

/* Measured with Go 1.26; docs/guest.md. RESERVED: what Go reserves at once, mostly for the summaries of its pages, and
   64 MiB for each thread, which the C library's malloc() may take. */
#define RESERVED ((size_t)1344 << 20)
#define WRITABLE ((size_t)56 << 20)
/* At most six were seen, under load; Go has two processors (guest/overlay.py). */
#define THREADS 8

static const char *
limit_text(int resource, char *text, size_t size)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        snprintf(text, size, "none");
    }
    else {
        snprintf(text, size, "%llu KiB", (unsigned long long)limit.rlim_cur >> 10);
    }
    return text;
}

static PyObject *
no_memory(const char *kind, size_t size, int error)
{
    char space[32], data[32], locked[32];
    return PyUnicode_FromFormat(
        "found no room for %zu MiB of %s (%s; limits: ulimit -v %s, -d %s, -l %s); expected that much for the Go "
        "runtime, most of it addresses without memory; raise the limit%s",
        size >> 20, kind, strerror(error), limit_text(RLIMIT_AS, space, sizeof space),
        limit_text(RLIMIT_DATA, data, sizeof data), limit_text(RLIMIT_MEMLOCK, locked, sizeof locked),
        error == EAGAIN ? " of locked memory (ulimit -l), as this process called mlockall(MCL_FUTURE)" : "");
}

static void *
wait_at(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Starts as many threads as Go may, all at once, and ends them. Returns how many started; *error says why not more.
   Their stacks stay in the C library's cache, where Go's threads find them. */
static int
start_threads(int *error)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[THREADS];
    pthread_attr_t attributes;
    size_t stack;
    sigset_t all, before;
    int n = 0;
    *error = pthread_attr_init(&attributes);
    if (*error != 0) {
        return 0;
    }
    if (pthread_attr_getstacksize(&attributes, &stack) == 0 && stack > GO_STACK) {
        pthread_attr_setstacksize(&attributes, GO_STACK);
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&gate);
    while (n < THREADS && (*error = pthread_create(&threads[n], &attributes, wait_at, &gate)) == 0) {
        n++;
    }
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return n;
}

PyObject *
no_room(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *reserved = mmap(NULL, RESERVED, PROT_NONE, flags, -1, 0);
    if (reserved == MAP_FAILED) {
        return no_memory("address space", RESERVED, errno);
    }
    PyObject *missing = NULL;
    /* Inside the reservation, and not locked: as in guest/guest.c. */
    munlock(reserved, RESERVED);
    if (mprotect(reserved, WRITABLE, PROT_READ | PROT_WRITE) != 0) {
        missing = no_memory("writable memory", WRITABLE, errno);
    }
    else {
        int error, n = start_threads(&error);
        if (n < THREADS) {
            missing = PyUnicode_FromFormat(
                "found that this process could start %d threads (%s); expected %d for the Go runtime; raise the limit "
                "of processes (ulimit -u, a container's pids limit), or allow clone3 in its seccomp filter",
                n, strerror(error), THREADS);
        }
    }
    munmap(reserved, RESERVED);
    if (missing == NULL && !PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    return missing;
}
