/* All open publishers of this process, and what fork does to them. */
#include "publisher.h"

#include <pthread.h>
#include <unistd.h>

/* A forked child shares the descriptor, and with it the lock, of each of its parent's publishers: if
   it kept them, a dead parent would look alive. So every open publisher is in this list, and the child
   lets go of them before fork() returns, whoever called fork(). The mutex keeps the list whole for a
   fork from a thread without the GIL. */
static Publisher *open_publishers;
static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static long forks; /* how many forks lie between this process and the one that loaded the library */

static void
before_fork(void)
{
    pthread_mutex_lock(&list_mutex);
}

static void
after_fork_in_parent(void)
{
    pthread_mutex_unlock(&list_mutex);
}

/* Only what is async-signal-safe: the parent may have had other threads. */
static void
after_fork_in_child(void)
{
    forks++;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        close(p->mapping.fd); /* the mapping is not inherited: keepFromChildren in internal/segment */
        p->mapping = (struct shm_mapping){.fd = -1};
        p->ring.state = NULL;
        p->inherited = true;
        p->link = NULL;
    }
    open_publishers = NULL;
    pthread_mutex_unlock(&list_mutex);
}

int
shm_fork_init(void)
{
    static bool done;
    if (done) {
        return 0;
    }
    done = true;
    return pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

long
shm_forks_so_far(void)
{
    return forks;
}

PyObject *
shm_forks(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(forks);
}

void
registry_add(Publisher *p)
{
    pthread_mutex_lock(&list_mutex);
    p->next = open_publishers;
    p->link = &open_publishers;
    if (p->next != NULL) {
        p->next->link = &p->next;
    }
    open_publishers = p;
    pthread_mutex_unlock(&list_mutex);
}

void
registry_remove_and_close(Publisher *p)
{
    pthread_mutex_lock(&list_mutex);
    if (p->link != NULL) {
        *p->link = p->next;
        if (p->next != NULL) {
            p->next->link = p->link;
        }
        p->link = NULL;
        close(p->mapping.fd);
        p->mapping.fd = -1;
    }
    pthread_mutex_unlock(&list_mutex);
}

PyObject *
shm_count(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    long n = 0;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        n++;
    }
    return PyLong_FromLong(n);
}

PyObject *
shm_publishers(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    /* Under the GIL nobody but a forking child changes the list. Appending may collect garbage, and with
       it a publisher: so first the references, then the list. */
    Py_ssize_t n = 0;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        n++;
    }
    PyObject **found = list == NULL ? NULL : PyMem_New(PyObject *, n + 1);
    if (found == NULL) {
        Py_XDECREF(list);
        return PyErr_NoMemory();
    }
    n = 0;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        if (Py_REFCNT(p) > 0) { /* else it is being deallocated */
            found[n++] = Py_NewRef((PyObject *)p);
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (list != NULL && PyList_Append(list, found[i]) < 0) {
            Py_CLEAR(list);
        }
        Py_DECREF(found[i]);
    }
    PyMem_Free(found);
    return list;
}
