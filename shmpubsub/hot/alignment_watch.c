/* Each topic has a watch of its own, which is armed with the head that the last look has seen. Those that are not waited
   for are left as they are. */
#include "alignment_watch.h"

#include "arguments.h"
#include "fileno.h"

static struct alignment_topic *
topic_of(struct extra_watch *w)
{
    return (struct alignment_topic *)((char *)w - offsetof(struct alignment_topic, watch));
}

/* A subscriber was closed: whichever descriptors a loop has at the moment, it looks again. */
static void
closed(struct extra_watch *w)
{
    Alignment *a = topic_of(w)->alignment;
    for (Py_ssize_t i = 0; i < a->n; i++) {
        watch_detach(a->topics[i].watch.watch);
    }
}

static void
end(struct extra_watch *w)
{
    if (w->watch != NULL) {
        watch_end(w->watch);
        watch_release(w->watch);
        w->watch = NULL;
    }
}

void
alignment_end_watches(Alignment *a)
{
    for (Py_ssize_t i = 0; i < a->n; i++) {
        extra_watch_remove(&a->topics[i].watch);
        end(&a->topics[i].watch);
    }
}

/* Returns the topic's watch, or NULL with an error set. */
static struct watch *
watch_of(struct alignment_topic *t)
{
    struct extra_watch *w = &t->watch;
    if (w->watch != NULL && !watch_fd_is_ours(w->watch)) {
        end(w);
    }
    if (w->watch == NULL) {
        int failure = watch_new(&w->watch);
        if (failure != 0) {
            return raised(PyObject_CallMethod((PyObject *)t->s, "_no_descriptor", "i", failure));
        }
    }
    return w->watch;
}

PyObject *
alignment_arm(Alignment *a)
{
    /* The subscribers learn of all watches at once: each must wake the others when it is closed. */
    for (Py_ssize_t i = 0; i < a->n; i++) {
        struct extra_watch *w = &a->topics[i].watch;
        if (w->link == NULL) {
            w->closed = closed;
            extra_watch_add(a->topics[i].s, w);
        }
    }
    PyObject *fds = PyList_New(0);
    for (Py_ssize_t i = 0; fds != NULL && i < a->n; i++) {
        if (!a->found[i].awaited) {
            continue;
        }
        struct watch *w = watch_of(&a->topics[i]);
        PyObject *fd = w == NULL ? NULL : PyLong_FromLong(w->fd);
        if (fd == NULL || PyList_Append(fds, fd) < 0) {
            Py_CLEAR(fds);
        }
        else {
            fileno_arm_watch(a->topics[i].s, w, a->found[i].head);
        }
        Py_XDECREF(fd);
    }
    PyObject *armed = fds == NULL ? NULL : PyList_AsTuple(fds);
    Py_XDECREF(fds);
    int same = armed == NULL || a->armed == NULL ? 0 : PyObject_RichCompareBool(armed, a->armed, Py_EQ);
    if (armed != NULL && !same) {
        Py_XSETREF(a->armed, armed);
        return Py_NewRef(armed);
    }
    Py_XDECREF(armed);
    return armed == NULL ? NULL : Py_NewRef(a->armed);
}

PyObject *
alignment_hold(Alignment *a, PyObject *fd)
{
    long number = PyLong_AsLong(fd);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < a->n; i++) {
        struct watch *w = a->topics[i].watch.watch;
        if (w != NULL && w->fd == number) {
            PyObject *both = fileno_hold_watch(w);
            PyObject *held = both == NULL ? NULL : Py_NewRef(PyTuple_GET_ITEM(both, 1));
            Py_XDECREF(both);
            return held;
        }
    }
    Py_RETURN_NONE;
}
