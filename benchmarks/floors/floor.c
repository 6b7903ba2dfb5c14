/* What any C method costs, to compare publish and subscribe with: each does only what its name says.
   The ring is the library's own. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <time.h>

#include "ring.h"

static PyObject *
empty_o(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(value))
{
    Py_RETURN_NONE;
}

static PyObject *
empty(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

static PyObject *
clock_o(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(value))
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    /* Used, so that the compiler keeps the call. */
    if (t.tv_nsec < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
pair(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    PyObject *value = PyFloat_FromDouble(1.5);
    PyObject *result = value ? PyTuple_New(2) : NULL;
    if (result == NULL) {
        Py_XDECREF(value);
        return NULL;
    }
    PyTuple_SET_ITEM(result, 0, value);
    PyTuple_SET_ITEM(result, 1, Py_NewRef(Py_True));
    return result;
}

#define SLOTS 10
#define STRIDE 64

static _Alignas(64) unsigned char memory[SHM_HEAD_OFFSET + 64 + SLOTS * STRIDE];
static struct ring writer, reader;

static PyObject *
ring_put(PyObject *Py_UNUSED(self), PyObject *value)
{
    double number = PyFloat_AsDouble(value);
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    ring_write(&writer, word, 0);
    Py_RETURN_NONE;
}

static PyObject *
ring_get(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    uint64_t word, when;
    if (ring_newest(&reader, &word, &when) != RING_OK) {
        Py_RETURN_NONE;
    }
    double number;
    memcpy(&number, &word, sizeof number);
    return PyFloat_FromDouble(number);
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static PyObject *
ring_writes(PyObject *Py_UNUSED(self), PyObject *number)
{
    long n = PyLong_AsLong(number);
    double start = now();
    for (long i = 0; i < n; i++) {
        ring_write(&writer, (uint64_t)i, 0);
    }
    return PyFloat_FromDouble((now() - start) / n);
}

static PyObject *
ring_reads(PyObject *Py_UNUSED(self), PyObject *number)
{
    long n = PyLong_AsLong(number);
    uint64_t word = 0, when = 0, sum = 0;
    double start = now();
    for (long i = 0; i < n; i++) {
        sum += ring_newest(&reader, &word, &when) == RING_OK ? word : 1;
    }
    double each = (now() - start) / n;
    return PyFloat_FromDouble(sum == 1 ? 0 : each); /* sum is used, so that the loop stays */
}

static PyMethodDef methods[] = {
    {"empty_o", empty_o, METH_O, "One argument, nothing else."},
    {"empty", empty, METH_NOARGS, "No argument, nothing else."},
    {"clock_o", clock_o, METH_O, "One argument, clock_gettime(CLOCK_MONOTONIC)."},
    {"pair", pair, METH_NOARGS, "No argument, a new (float, True)."},
    {"ring_put", ring_put, METH_O, "Write a float."},
    {"ring_get", ring_get, METH_NOARGS, "Read the latest value, a new float."},
    {"ring_writes", ring_writes, METH_O, "Write so many; return ns each."},
    {"ring_reads", ring_reads, METH_O, "Read so many; return ns each."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, NULL}};
static PyType_Spec spec = {.name = "_floor.Floor", .flags = Py_TPFLAGS_DEFAULT, .slots = slots};

static int
exec(PyObject *module)
{
    writer = reader = ring_at(memory, SHM_HEADER_OFFSET + SHM_HEAD_OFFSET + 64, STRIDE, SLOTS);
    ring_write(&writer, 0, 0);
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int result = type == NULL ? -1 : PyModule_AddObjectRef(module, "Floor", type);
    Py_XDECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, exec}, {0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_floor", .m_slots = module_slots};

PyMODINIT_FUNC
PyInit__floor(void)
{
    return PyModuleDef_Init(&module);
}
