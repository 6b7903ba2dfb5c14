#include "field_path.h"

PyObject *
field_path(PyObject *name, Py_ssize_t index, PyObject *rest)
{
    const char *dot = rest != NULL && PyUnicode_READ_CHAR(rest, 0) != '[' ? "." : "";
    PyObject *path = name == NULL ? PyUnicode_FromFormat("[%zd]%s%V", index, dot, rest, "")
                                  : PyUnicode_FromFormat("%U%s%V", name, dot, rest, "");
    Py_XDECREF(rest);
    return path;
}
