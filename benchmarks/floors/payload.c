/* memcpy as a loop, to compare with what publishing and reading an array costs. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <time.h>

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The caller has checked that all of this lies in its buffers. */
static double
copy_in_turn(char *target, const char *source, size_t size, const Py_ssize_t *offsets,
             Py_ssize_t count, Py_ssize_t next, long n)
{
    double start = now();
    for (long i = 0; i < n; i++) {
        char *into = target + offsets[next];
        memcpy(into, source, size);
        __asm__ volatile("" : : "r"(into) : "memory"); /* so that no copy is left out */
        next = next + 1 < count ? next + 1 : 0;
    }
    return (now() - start) / n;
}

/* copies(target, source, offsets, first, n): buffers; offsets are a buffer of ssize_t, of which that
   of the first copy has the index first. */
static PyObject *
copies(PyObject *Py_UNUSED(self), PyObject *args)
{
    Py_buffer target, source, offsets;
    Py_ssize_t first;
    long n;
    if (!PyArg_ParseTuple(args, "w*y*y*nl", &target, &source, &offsets, &first, &n)) {
        return NULL;
    }
    const Py_ssize_t *at = offsets.buf;
    Py_ssize_t count = offsets.len / (Py_ssize_t)sizeof *at;
    int fits = n > 0 && first >= 0 && first < count;
    for (Py_ssize_t i = 0; i < count; i++) {
        fits = fits && at[i] >= 0 && at[i] <= target.len - source.len;
    }
    PyObject *result = NULL;
    if (fits) {
        result = PyFloat_FromDouble(
            copy_in_turn(target.buf, source.buf, (size_t)source.len, at, count, first, n));
    } else {
        PyErr_SetString(PyExc_ValueError, "nothing to copy, or it does not fit");
    }
    PyBuffer_Release(&target);
    PyBuffer_Release(&source);
    PyBuffer_Release(&offsets);
    return result;
}

static double
copy_rows_in_turn(char *target, const Py_buffer *source, size_t row, const Py_ssize_t *offsets,
                  Py_ssize_t count, Py_ssize_t next, long n)
{
    double start = now();
    for (long i = 0; i < n; i++) {
        char *into = target + offsets[next];
        const char *from = source->buf;
        for (Py_ssize_t r = 0; r < source->shape[0]; r++, into += row, from += source->strides[0]) {
            memcpy(into, from, row);
            __asm__ volatile("" : : "r"(into) : "memory");
        }
        next = next + 1 < count ? next + 1 : 0;
    }
    return (now() - start) / n;
}

/* Return how many bytes one row has, or 0 if its elements do not follow one another. */
static size_t
row_of(const Py_buffer *rows)
{
    Py_ssize_t size = rows->itemsize;
    for (int axis = rows->ndim - 1; axis > 0; axis--) {
        if (rows->strides[axis] != size) {
            return 0;
        }
        size *= rows->shape[axis];
    }
    return rows->ndim > 1 ? (size_t)size : 0;
}

/* copy_rows(target, source, offsets, first, n): copies() of an array with gaps between its rows, one
   memcpy a row, to where they lie without gaps. */
static PyObject *
copy_rows(PyObject *Py_UNUSED(self), PyObject *args)
{
    PyObject *of;
    Py_buffer target, source, offsets;
    Py_ssize_t first;
    long n;
    if (!PyArg_ParseTuple(args, "w*Oy*nl", &target, &of, &offsets, &first, &n)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (PyObject_GetBuffer(of, &source, PyBUF_STRIDED_RO) == 0) {
        const Py_ssize_t *at = offsets.buf;
        Py_ssize_t count = offsets.len / (Py_ssize_t)sizeof *at;
        size_t row = row_of(&source);
        int fits = row > 0 && n > 0 && first >= 0 && first < count;
        for (Py_ssize_t i = 0; i < count; i++) {
            fits = fits && at[i] >= 0 && at[i] <= target.len - source.len;
        }
        if (fits) {
            result = PyFloat_FromDouble(
                copy_rows_in_turn(target.buf, &source, row, at, count, first, n));
        } else {
            PyErr_SetString(PyExc_ValueError, "no rows to copy, or they do not fit");
        }
        PyBuffer_Release(&source);
    }
    PyBuffer_Release(&target);
    PyBuffer_Release(&offsets);
    return result;
}

struct piece { Py_buffer target, source; };

static double
copy_pieces(const struct piece *pieces, Py_ssize_t count, Py_ssize_t group, Py_ssize_t first, long n)
{
    double start = now();
    Py_ssize_t next = first * group;
    for (long i = 0; i < n; i++) {
        for (Py_ssize_t end = next + group; next < end; next++) {
            void *into = pieces[next].target.buf;
            memcpy(into, pieces[next].source.buf, (size_t)pieces[next].source.len);
            __asm__ volatile("" : : "r"(into) : "memory");
        }
        next = next < count ? next : 0;
    }
    return (now() - start) / n;
}

static int
get_piece(PyObject *pair, struct piece *piece)
{
    if (!PyArg_ParseTuple(pair, "w*y*", &piece->target, &piece->source)) {
        return -1;
    }
    if (piece->target.len == piece->source.len) {
        return 0;
    }
    PyBuffer_Release(&piece->target);
    PyBuffer_Release(&piece->source);
    PyErr_SetString(PyExc_ValueError, "a target and its source differ in size");
    return -1;
}

/* copy_groups(pairs, group, first, n): a tuple of (target, source), of which each group is copied in
   turn, beginning with the group that has the index first. */
static PyObject *
copy_groups(PyObject *Py_UNUSED(self), PyObject *args)
{
    PyObject *pairs;
    Py_ssize_t group, first, done = 0;
    long n;
    if (!PyArg_ParseTuple(args, "O!nnl", &PyTuple_Type, &pairs, &group, &first, &n)) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(pairs);
    if (n < 1 || group < 1 || count < 1 || count % group != 0 || first < 0 || first >= count / group) {
        PyErr_SetString(PyExc_ValueError, "nothing to copy, or no whole groups");
        return NULL;
    }
    struct piece *pieces = PyMem_Calloc((size_t)count, sizeof *pieces);
    if (pieces == NULL) {
        return PyErr_NoMemory();
    }
    while (done < count && get_piece(PyTuple_GET_ITEM(pairs, done), &pieces[done]) == 0) {
        done++;
    }
    PyObject *result = NULL;
    if (done == count) {
        result = PyFloat_FromDouble(copy_pieces(pieces, count, group, first, n));
    }
    while (done-- > 0) {
        PyBuffer_Release(&pieces[done].target);
        PyBuffer_Release(&pieces[done].source);
    }
    PyMem_Free(pieces);
    return result;
}

static PyMethodDef methods[] = {
    {"copy_groups", copy_groups, METH_VARARGS,
     "Copy groups of (target, source) in turn, n groups; return ns of processor time each."},
    {"copies", copies, METH_VARARGS,
     "Copy source to the offsets of target in turn, n copies; return ns of processor time each."},
    {"copy_rows", copy_rows, METH_VARARGS,
     "The same, one memcpy for each row of source, which may have gaps between its rows."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_payload", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC
PyInit__payload(void)
{
    return PyModuleDef_Init(&module);
}
