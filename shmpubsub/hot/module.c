/* shm_pub_sub._hot: the types whose methods run per value. It contains no Go: importing it starts nothing, and it works
   in a forked child. Opening and closing call gopy's module as any Python code would; values never pass through it. */
#include "hot.h"

#include "../protocol/at_exit.h"
#include "../protocol/fork.h"
#include "../protocol/notifier.h"
#include "alignment.h"
#include "guarded.h"
#include "loan.h"
#include "names.h"
#include "poll.h"
#include "publisher.h"
#include "record.h"
#include "record_put.h"
#include "registry.h"
#include "room.h"
#include "sample.h"
#include "select.h"
#include "stirred.h"
#include "subscriber_type.h"
#include "view.h"

PyDoc_STRVAR(publishers_doc, "publishers($module, /)\n--\n\n"
"Return this process's open publishers, including those that are being opened or closed.");

PyDoc_STRVAR(publisher_of_doc, "publisher_of($module, directory, name, /)\n--\n\n"
"Return the topic's one of publishers(): False if it is being freed, None if there is none.");

PyDoc_STRVAR(changes_doc, "changes($module, /)\n--\n\n"
"Return how often publishers() has changed: once when one begins to open, once when it is closed.");

PyDoc_STRVAR(count_doc, "count($module, /)\n--\n\n"
"Return the number of publishers().");

PyDoc_STRVAR(forks_doc, "forks($module, /)\n--\n\n"
"Return the number of forks between this process and the one that imported the module.");

PyDoc_STRVAR(fork_words_doc, "fork_words($module, /)\n--\n\n"
"Return the address of the words that fork handlers and Go share, for gopy's ShareForks.");

PyDoc_STRVAR(stirred_doc, "stirred($module, subscribers, locks, /)\n--\n\n"
"Return the places, in a tuple of subscribers, of those with something to take.\n"
"\n"
"locks: Return those whose publisher may have ended instead; takes two system calls each.");

PyDoc_STRVAR(select_doc, "select($module, subscribers, timeout, /)\n--\n\n"
"The waiting part of shm_pub_sub.select: subscribers is a tuple, not empty.");

PyDoc_STRVAR(start_thread_doc, "start_thread($module, function, /)\n--\n\n"
"Call function() in a thread of the system, even if a library has replaced Python's. Nothing waits for it.");

PyDoc_STRVAR(own_methods_doc, "own_methods($module, cls, /)\n--\n\n"
"Copy the methods of cls's first base, a type of this module, into cls. Return cls.");

PyDoc_STRVAR(array_methods_doc, "array_methods($module, cls, /)\n--\n\n"
"Copy a subscriber's methods into cls, those that take into= among them. Return cls.");

PyDoc_STRVAR(guarded_doc, "guarded($module, function, /)\n--\n\n"
"Return a function that calls function with signals blocked, except those of faults.");

PyDoc_STRVAR(no_room_doc, "no_room($module, /)\n--\n\n"
"Return what this process lacks room for and Go's runtime will need, or None.");

static bool
add_methods(PyTypeObject *type, PyMethodDef *methods)
{
    for (PyMethodDef *m = methods; m->ml_name != NULL; m++) {
        PyObject *method = PyDescr_NewMethod(type, m);
        int failed = method == NULL ? -1 : PyObject_SetAttrString((PyObject *)type, m->ml_name, method);
        Py_XDECREF(method);
        if (failed) {
            return false;
        }
    }
    return true;
}

/* CPython's specialised instructions call a C method directly only on instances of the very type that has the method,
   not on those of a derived one, such as the shim's classes. */
static PyObject *
own_methods(PyObject *Py_UNUSED(module), PyObject *cls)
{
    PyTypeObject *type = (PyTypeObject *)cls, *base = PyType_Check(cls) ? type->tp_base : NULL;
    PyMethodDef *own = NULL;
    if (base != NULL && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE)) {
        own = PyType_GetSlot(base, Py_tp_methods);
    }
    if (own == NULL || (own != publisher_methods && own != subscriber_methods)) {
        PyErr_Format(PyExc_TypeError, "own_methods: found %R; expected a class derived from _hot.Publisher or "
                     "_hot.Subscriber itself", cls);
        return NULL;
    }
    return add_methods(type, own) ? Py_NewRef(cls) : NULL;
}

/* As own_methods, for a class whose base has them already. */
static PyObject *
array_methods(PyObject *Py_UNUSED(module), PyObject *cls)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    if (!PyType_Check(cls) || type->tp_base == NULL || !is_subscriber_type(type->tp_base)) {
        PyErr_Format(PyExc_TypeError, "array_methods: found %R; expected a class derived from _hot.Subscriber", cls);
        return NULL;
    }
    return add_methods(type, subscriber_methods) && add_methods(type, subscriber_array_methods) ? Py_NewRef(cls) : NULL;
}

static PyObject *
forks_(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(fork_count());
}

static PyObject *
fork_words(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromVoidPtr(&fork_shared);
}

static void
run_thread(void *argument)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *function = argument, *result = PyObject_CallNoArgs(function);
    if (result == NULL) {
        PyErr_WriteUnraisable(function);
    }
    Py_XDECREF(result);
    Py_DECREF(function);
    PyGILState_Release(state);
}

static PyObject *
start_thread(PyObject *Py_UNUSED(module), PyObject *function)
{
    if (PyThread_start_new_thread(run_thread, Py_NewRef(function)) == PYTHREAD_INVALID_THREAD_ID) {
        Py_DECREF(function);
        PyErr_SetString(PyExc_RuntimeError, "can't start new thread");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"publishers", registry_publishers, METH_NOARGS, publishers_doc},
    {"publisher_of", registry_publisher_of, METH_VARARGS, publisher_of_doc},
    {"changes", registry_changes, METH_NOARGS, changes_doc},
    {"count", registry_count, METH_NOARGS, count_doc},
    {"forks", forks_, METH_NOARGS, forks_doc},
    {"fork_words", fork_words, METH_NOARGS, fork_words_doc},
    {"stirred", stirred, METH_VARARGS, stirred_doc},
    {"select", select_subscribers, METH_VARARGS, select_doc},
    {"guarded", guarded, METH_O, guarded_doc},
    {"no_room", no_room, METH_NOARGS, no_room_doc},
    {"start_thread", start_thread, METH_O, start_thread_doc},
    {"own_methods", own_methods, METH_O, own_methods_doc},
    {"array_methods", array_methods, METH_O, array_methods_doc},
    {NULL, NULL, 0, NULL},
};

static int
add_type(PyObject *module, const char *name, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, name, type);
    Py_DECREF(type);
    return result;
}

static int
exec(PyObject *module)
{
    /* The list of open publishers, and the Go runtime, are the process's. */
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError,
                        "module shm_pub_sub._hot does not support loading in subinterpreters; "
                        "import it in the main interpreter (mod_wsgi: WSGIApplicationGroup %{GLOBAL})");
        return -1;
    }
    /* fork_init first. This runs again if the module is imported again. */
    static int (*const init[])(void) = {fork_init, at_exit_init, registry_init, notifier_init, names_init, poll_init};
    static size_t done;
    for (; done < sizeof init / sizeof *init; done++) {
        errno = init[done]();
        if (errno != 0) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
    }
    if (add_type(module, "Publisher", &publisher_spec) < 0) {
        return -1;
    }
    if (add_type(module, "Subscriber", &subscriber_spec) < 0) {
        return -1;
    }
    if (add_type(module, "Alignment", &alignment_spec) < 0) {
        return -1;
    }
    if (add_type(module, "Poll", &poll_spec) < 0) {
        return -1;
    }
    if (view_init() < 0 || loan_init() < 0 || record_init(module) < 0 || record_put_init() < 0) {
        return -1;
    }
    return sample_init(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec},
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "shm_pub_sub._hot",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__hot(void)
{
    return PyModuleDef_Init(&module);
}
