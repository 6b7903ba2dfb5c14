/* What a follower waits with: an epoll of its subscribers' descriptors, of the directory's inotify and of a wake,
   which close() and other listeners, by reading the inotify, make readable. Its descriptors are closed when nothing
   refers to it any more, so their numbers are not used again while a thread waits or an event loop has them registered.
   In a forked child it is closed. */
#include "poll.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../protocol/fork.h"
#include "own_fd.h"
#include "poll_object.h"
#include "poll_wait.h"

static Poll *polls; /* changes under the GIL, and in steps of fork.h */

static void
close_descriptors(Poll *p)
{
    if (poll_is_ours(p)) {
        close(p->epoll);
    }
    own_wake_close(&p->names.wake);
    p->epoll = p->joined = -1;
}

static void
close_in_child(void)
{
    for (Poll *p = polls; p != NULL; p = p->next) {
        close_descriptors(p);
        p->closed = true;
    }
}

int
poll_init(void)
{
    return pthread_atfork(NULL, NULL, close_in_child);
}

static int
add(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static PyObject *
poll_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(keywords))
{
    if (!PyArg_ParseTuple(args, ":Poll")) {
        return NULL;
    }
    Poll *p = (Poll *)type->tp_alloc(type, 0);
    if (p == NULL) {
        return NULL;
    }
    p->epoll = p->joined = p->names.wake.fd = -1;
    p->names.changed = PySet_New(NULL);
    if (p->names.changed == NULL) {
        Py_DECREF(p);
        return NULL;
    }
    fork_step_begin();
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    int failure = p->epoll < 0 ? errno : own_wake_open(&p->names.wake);
    if (failure == 0 && add(p->epoll, p->names.wake.fd) != 0) {
        failure = errno;
    }
    if (failure != 0 && p->epoll >= 0) {
        close(p->epoll);
        p->epoll = -1;
    }
    p->next = polls;
    p->link = &polls;
    if (p->next != NULL) {
        p->next->link = &p->next;
    }
    polls = p;
    fork_step_end();
    if (failure != 0) {
        Py_DECREF(p);
        errno = failure;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return (PyObject *)p;
}

/* Its descriptors stay open, and readable: a loop may have them. */
static PyObject *
poll_close(Poll *p, PyObject *Py_UNUSED(ignored))
{
    p->closed = true;
    if (p->joined >= 0 && p->joined == names_fd(&p->names) && poll_is_ours(p)) {
        epoll_ctl(p->epoll, EPOLL_CTL_DEL, p->joined, NULL);
    }
    p->joined = -1;
    names_leave(&p->names);
    names_wake(&p->names);
    Py_RETURN_NONE;
}

static PyObject *
poll_wake(Poll *p, PyObject *Py_UNUSED(ignored))
{
    names_wake(&p->names);
    Py_RETURN_NONE;
}

static void
poll_dealloc(Poll *p)
{
    PyTypeObject *type = Py_TYPE(p);
    names_leave(&p->names);
    fork_step_begin();
    if (p->link != NULL) {
        *p->link = p->next;
        if (p->next != NULL) {
            p->next->link = p->link;
        }
    }
    close_descriptors(p);
    fork_step_end();
    Py_XDECREF(p->names.changed);
    type->tp_free((PyObject *)p);
    Py_DECREF(type);
}

static PyObject *
poll_join(Poll *p, PyObject *path)
{
    if (!PyBytes_Check(path)) {
        PyErr_Format(PyExc_TypeError, "join: found %R; expected bytes", path);
        return NULL;
    }
    if (!poll_is_open(p)) {
        return NULL;
    }
    if (!poll_is_ours(p)) {
        return poll_done(EBADF);
    }
    if (p->joined >= 0 && p->joined == names_fd(&p->names)) {
        epoll_ctl(p->epoll, EPOLL_CTL_DEL, p->joined, NULL); /* others may keep it open */
    }
    p->joined = -1;
    int failure = names_join(&p->names, PyBytes_AS_STRING(path));
    if (failure == 0 && add(p->epoll, names_fd(&p->names)) != 0) {
        failure = errno;
        names_leave(&p->names);
    }
    if (failure == 0) {
        p->joined = names_fd(&p->names);
    }
    return poll_done(failure);
}

static PyObject *
poll_is_at(Poll *p, PyObject *path)
{
    if (!PyBytes_Check(path)) {
        PyErr_Format(PyExc_TypeError, "is_at: found %R; expected bytes", path);
        return NULL;
    }
    return PyBool_FromLong(names_is_at(&p->names, PyBytes_AS_STRING(path)));
}

static PyObject *
poll_names(Poll *p, PyObject *Py_UNUSED(ignored))
{
    return poll_is_open(p) ? names_take(&p->names) : NULL;
}

static PyObject *
control(Poll *p, PyObject *number, int operation, uint32_t events)
{
    int fd = PyLong_Check(number) ? (int)PyLong_AsLong(number) : -1;
    if (PyErr_Occurred() || !poll_is_open(p)) {
        return NULL;
    }
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (!poll_is_ours(p)) {
        return poll_done(EBADF);
    }
    return poll_done(epoll_ctl(p->epoll, operation, fd, &event) != 0 ? errno : 0);
}

static PyObject *
poll_add(Poll *p, PyObject *args)
{
    PyObject *fd;
    int edge = 0;
    if (!PyArg_ParseTuple(args, "O|p:add", &fd, &edge)) {
        return NULL;
    }
    return control(p, fd, EPOLL_CTL_ADD, edge ? EPOLLIN | EPOLLET : EPOLLIN);
}

static PyObject *
poll_remove(Poll *p, PyObject *fd)
{
    return control(p, fd, EPOLL_CTL_DEL, 0);
}

static PyObject *
poll_fileno(Poll *p, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(p->epoll);
}

static PyObject *
get_closed(Poll *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(p->closed);
}

static PyObject *
get_lost(Poll *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(!p->closed && !poll_is_ours(p));
}

PyDoc_STRVAR(join_doc, "join($self, path, /)\n--\n\n"
"Have names() return the names that change in the directory of that path (bytes). OSError if that cannot be.");

PyDoc_STRVAR(is_at_doc, "is_at($self, path, /)\n--\n\n"
"Return whether the directory that it has joined still has that path.");

PyDoc_STRVAR(names_doc, "names($self, /)\n--\n\n"
"Return the set of the files' names, as bytes, that have changed since the last call. None: any may have.");

PyDoc_STRVAR(add_doc, "add($self, fd, edge=False, /)\n--\n\n"
"Wait for that descriptor too. edge: wait() returns it once, and not again while it stays readable.");

PyDoc_STRVAR(remove_doc, "remove($self, fd, /)\n--\n\n"
"Wait for it no longer.");

PyDoc_STRVAR(wait_doc, "wait($self, timeout, /)\n--\n\n"
"Wait for so many seconds at most, or None, and return a list of readable descriptors.");

PyDoc_STRVAR(wake_doc, "wake($self, /)\n--\n\n"
"Be readable until the next call of names(). Threads that wait wake up.");

PyDoc_STRVAR(fileno_doc, "fileno($self, /)\n--\n\n"
"Return the epoll's descriptor, which is readable while any of its descriptors is.");

PyDoc_STRVAR(close_doc, "close($self, /)\n--\n\n"
"Leave the directory, and be readable from now on. Threads that wait wake up.");

static PyMethodDef methods[] = {
    {"join", (PyCFunction)poll_join, METH_O, join_doc},
    {"is_at", (PyCFunction)poll_is_at, METH_O, is_at_doc},
    {"names", (PyCFunction)poll_names, METH_NOARGS, names_doc},
    {"add", (PyCFunction)poll_add, METH_VARARGS, add_doc},
    {"remove", (PyCFunction)poll_remove, METH_O, remove_doc},
    {"wait", (PyCFunction)poll_wait, METH_O, wait_doc},
    {"wake", (PyCFunction)poll_wake, METH_NOARGS, wake_doc},
    {"fileno", (PyCFunction)poll_fileno, METH_NOARGS, fileno_doc},
    {"close", (PyCFunction)poll_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"closed", (getter)get_closed, NULL, "Whether it was closed, or is a forked child's.", NULL},
    {"lost", (getter)get_lost, NULL, "Whether the program has closed its descriptors.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, poll_new},
    {Py_tp_dealloc, poll_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {0, NULL},
};

PyType_Spec poll_spec = {
    .name = "shm_pub_sub._hot.Poll",
    .basicsize = sizeof(Poll),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};
