#include "keywords.h"

/* Returns the name's place, or -1. */
static int
place_of(const struct signature *s, PyObject *name)
{
    for (int i = 0; i < MAX_PARAMETERS && s->names[i] != NULL; i++) {
        if (PyUnicode_CompareWithASCIIString(name, s->names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static bool
refuse_name(const struct signature *s, PyObject *name)
{
    bool two = s->names[1] != NULL;
    PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'; expected %s=%s%s%s", s->method, name,
                 s->names[0], two ? " or " : "", two ? s->names[1] : "", two ? "=" : "");
    return false;
}

static bool
refuse_number(const struct signature *s, Py_ssize_t n)
{
    if (!s->by_position) {
        PyErr_Format(PyExc_TypeError, "%s() takes no argument but %s= (%zd given)", s->method, s->names[0], n);
    }
    else {
        PyErr_Format(PyExc_TypeError, "%s() takes at most 1 argument (%zd given)", s->method, n);
    }
    return false;
}

bool
keywords_parse(const struct signature *s, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **values)
{
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    if (n > s->by_position) {
        return refuse_number(s, n);
    }
    for (int i = 0; i < MAX_PARAMETERS && s->names[i] != NULL; i++) {
        values[i] = i < n ? args[i] : NULL;
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int place = place_of(s, name);
        if (place < 0) {
            return refuse_name(s, name);
        }
        if (place < n) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", s->method, name);
            return false;
        }
        values[place] = args[n + i];
    }
    return true;
}
