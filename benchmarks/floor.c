/* What any C method costs, to hold publish and subscribe against: nothing in these but what their
   names say. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <time.h>

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
    /* Used, or the compiler might drop the call. */
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

static PyMethodDef methods[] = {
    {"empty_o", empty_o, METH_O, "One argument, nothing else."},
    {"empty", empty, METH_NOARGS, "No argument, nothing else."},
    {"clock_o", clock_o, METH_O, "One argument, clock_gettime(CLOCK_MONOTONIC)."},
    {"pair", pair, METH_NOARGS, "No argument, a new (float, True)."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, NULL}};
static PyType_Spec spec = {.name = "_floor.Floor", .flags = Py_TPFLAGS_DEFAULT, .slots = slots};

static int
exec(PyObject *module)
{
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
