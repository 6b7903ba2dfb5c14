#include "registry.h"

#include <pthread.h>

#include "../protocol/fork.h"

static Publisher *open_publishers; /* changes under the GIL, and in steps of fork.h */
static unsigned long changes;

/* An inherited publisher must not publish: a topic has one publisher. fork.c closes its descriptor. */
static void
mark_inherited(void)
{
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        p->ring.mapped = NULL;
        p->inherited = true;
        p->link = NULL;
    }
    open_publishers = NULL;
}

int
registry_init(void)
{
    return pthread_atfork(NULL, NULL, mark_inherited);
}

void
registry_add(Publisher *p)
{
    fork_step_begin();
    p->next = open_publishers;
    p->link = &open_publishers;
    if (p->next != NULL) {
        p->next->link = &p->next;
    }
    open_publishers = p;
    changes++;
    fork_step_end();
}

void
registry_remove(Publisher *p)
{
    if (p->link == NULL) {
        return; /* a fork has emptied the list */
    }
    fork_step_begin();
    *p->link = p->next;
    if (p->next != NULL) {
        p->next->link = p->link;
    }
    p->link = NULL;
    changes++;
    fork_step_end();
}

PyObject *
registry_changes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(changes);
}

PyObject *
registry_count(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    long n = 0;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        n++;
    }
    return PyLong_FromLong(n);
}

static bool
is_item(PyObject *tuple, Py_ssize_t at, PyObject *text)
{
    PyObject *item = PyTuple_GET_SIZE(tuple) > at ? PyTuple_GET_ITEM(tuple, at) : NULL;
    return item != NULL && PyUnicode_Check(item) && PyUnicode_Compare(item, text) == 0;
}

/* Holds no other publisher: one that its owner drops meanwhile is closed at once, and its topic free. Skips one that
   this very thread is opening: a signal handler would wait for it in vain. */
PyObject *
registry_publisher_of(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *directory, *name;
    if (!PyArg_ParseTuple(args, "UU:publisher_of", &directory, &name)) {
        return NULL;
    }
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        if (p->maker == PyThread_get_thread_ident()) {
            continue;
        }
        if (is_item(p->topic, 0, directory) && is_item(p->topic, 1, name)) {
            return Py_NewRef(Py_REFCNT(p) > 0 ? (PyObject *)p : Py_False);
        }
    }
    Py_RETURN_NONE;
}

PyObject *
registry_publishers(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    /* Appending may collect garbage, and with it a publisher: so first the references, then the list. */
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
        if (Py_REFCNT(p) > 0) { /* otherwise it is being deallocated */
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
