/* publish() and subscribe() in steps, with the library's own ring: each method does one step more than
   the one before, so that the difference of two is the cost of that step. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "clock.h"
#include "convert.h"
#include "eventcount.h"
#include "ring.h"

typedef struct {
    PyObject_HEAD
    struct ring ring;
    uint32_t *wait;
    enum shm_type type;
    uint64_t checked_at, seen;
    PyObject *pair;
    unsigned char *file;
} Steps;

#define SLOTS 11
#define FIRST (SHM_HEADER_OFFSET + 256)

static PyObject *
new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Steps *s = (Steps *)type->tp_alloc(type, 0);
    if (s == NULL) {
        return NULL;
    }
    s->file = aligned_alloc(4096, 8192);
    s->pair = Py_BuildValue("(dO)", 1.5, Py_True);
    if (s->file == NULL || s->pair == NULL) {
        Py_DECREF(s);
        return PyErr_NoMemory();
    }
    memset(s->file, 0, 8192);
    s->type = SHM_FLOAT;
    s->wait = (uint32_t *)s->file;
    s->ring = ring_at(s->file, FIRST, 32, SLOTS);
    double value = 1.5;
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    ring_write(&s->ring, word, clock_now(CLOCK_MONOTONIC));
    s->seen = 1;
    return (PyObject *)s;
}

static void
dealloc(Steps *s)
{
    PyTypeObject *type = Py_TYPE(s);
    free(s->file);
    Py_XDECREF(s->pair);
    type->tp_free((PyObject *)s);
    Py_DECREF(type);
}

/* Used, so that the compiler keeps it. */
#define USE(x) __asm__ volatile("" : : "r"(x) : "memory")

/* publish() */

static PyObject *
publish_call(Steps *Py_UNUSED(s), PyObject *Py_UNUSED(value))
{
    Py_RETURN_NONE;
}

#define CONVERT                                     \
    uint64_t word;                                  \
    if (value_word(s->type, value, &word) < 0) {    \
        return NULL;                                \
    }                                               \
    USE(word)

static PyObject *
publish_convert(Steps *s, PyObject *value)
{
    CONVERT;
    Py_RETURN_NONE;
}

static PyObject *
publish_clock(Steps *s, PyObject *value)
{
    CONVERT;
    USE(clock_now(CLOCK_MONOTONIC));
    Py_RETURN_NONE;
}

static PyObject *
publish_stores(Steps *s, PyObject *value)
{
    CONVERT;
    ring_write_early(&s->ring, word, clock_now(CLOCK_MONOTONIC));
    Py_RETURN_NONE;
}

static PyObject *
publish_fence(Steps *s, PyObject *value)
{
    CONVERT;
    ring_write(&s->ring, word, clock_now(CLOCK_MONOTONIC));
    Py_RETURN_NONE;
}

static PyObject *
publish_notify(Steps *s, PyObject *value)
{
    CONVERT;
    ring_write(&s->ring, word, clock_now(CLOCK_MONOTONIC));
    eventcount_notify(s->wait);
    Py_RETURN_NONE;
}

/* subscribe() */

static PyObject *
read_call(Steps *Py_UNUSED(s), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

/* As attachment_ready does when all is well. */
#define ALIVE                                                                    \
    if (__atomic_load_n(&s->ring.mapped->retired, __ATOMIC_ACQUIRE)) {           \
        Py_RETURN_FALSE;                                                         \
    }                                                                            \
    USE(clock_now(CLOCK_MONOTONIC_COARSE) - s->checked_at)

static PyObject *
read_alive(Steps *s, PyObject *Py_UNUSED(ignored))
{
    ALIVE;
    Py_RETURN_NONE;
}

static PyObject *
read_same(Steps *s, PyObject *Py_UNUSED(ignored))
{
    ALIVE;
    if (__atomic_load_n(&s->ring.mapped->head, __ATOMIC_ACQUIRE) != s->seen) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(s->pair);
}

#define COPY                                                      \
    uint64_t word, time;                                          \
    if (ring_newest(&s->ring, &word, &time) != RING_OK) {         \
        Py_RETURN_FALSE;                                          \
    }                                                             \
    USE(word);                                                    \
    USE(time)

static PyObject *
read_copy(Steps *s, PyObject *Py_UNUSED(ignored))
{
    ALIVE;
    COPY;
    Py_RETURN_NONE;
}

static PyObject *
read_object(Steps *s, PyObject *Py_UNUSED(ignored))
{
    ALIVE;
    COPY;
    return value_object(s->type, word);
}

static PyObject *
read_pair(Steps *s, PyObject *Py_UNUSED(ignored))
{
    ALIVE;
    COPY;
    PyObject *value = value_object(s->type, word);
    if (value == NULL) {
        return NULL;
    }
    PyObject *old = PyTuple_GET_ITEM(s->pair, 0);
    PyTuple_SET_ITEM(s->pair, 0, value);
    Py_DECREF(old);
    return Py_NewRef(s->pair);
}

static PyObject *
read_new_pair(Steps *s, PyObject *Py_UNUSED(ignored))
{
    ALIVE;
    COPY;
    PyObject *value = value_object(s->type, word);
    PyObject *pair = value == NULL ? NULL : PyTuple_New(2);
    if (pair == NULL) {
        Py_XDECREF(value);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, value);
    PyTuple_SET_ITEM(pair, 1, Py_NewRef(Py_True));
    return pair;
}

static PyMethodDef methods[] = {
    {"publish_call", (PyCFunction)publish_call, METH_O, "The call."},
    {"publish_convert", (PyCFunction)publish_convert, METH_O, "And the argument as a word."},
    {"publish_clock", (PyCFunction)publish_clock, METH_O, "And the time."},
    {"publish_stores", (PyCFunction)publish_stores, METH_O, "And the ring's stores."},
    {"publish_fence", (PyCFunction)publish_fence, METH_O, "And the last of them seq_cst."},
    {"publish_notify", (PyCFunction)publish_notify, METH_O, "And whether a subscriber waits."},
    {"read_call", (PyCFunction)read_call, METH_NOARGS, "The call."},
    {"read_alive", (PyCFunction)read_alive, METH_NOARGS, "And `retired`, and the coarse clock."},
    {"read_same", (PyCFunction)read_same, METH_NOARGS, "And the pair that was returned before."},
    {"read_copy", (PyCFunction)read_copy, METH_NOARGS, "Or the value from its slot."},
    {"read_object", (PyCFunction)read_object, METH_NOARGS, "And a float made of it."},
    {"read_pair", (PyCFunction)read_pair, METH_NOARGS, "And a reused pair."},
    {"read_new_pair", (PyCFunction)read_new_pair, METH_NOARGS, "Or a new pair."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new}, {Py_tp_dealloc, dealloc}, {Py_tp_methods, methods}, {0, NULL}};
static PyType_Spec spec = {
    .name = "_budget.Steps", .basicsize = sizeof(Steps), .flags = Py_TPFLAGS_DEFAULT, .slots = slots};

static int
exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int result = type == NULL ? -1 : PyModule_AddObjectRef(module, "Steps", type);
    Py_XDECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, exec}, {0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_budget", .m_slots = module_slots};

PyMODINIT_FUNC
PyInit__budget(void)
{
    return PyModuleDef_Init(&module);
}
