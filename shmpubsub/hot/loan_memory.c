#include "loan_memory.h"

#include "numpy_api.h"
#include "raised.h"

PyTypeObject *loan_memory_type;
static PyObject *release_name;

LoanMemory *
loan_memory_new(struct writer *w, uint32_t chunk, Py_ssize_t n, bool numpy)
{
    const struct value_type *t = &w->type;
    LoanMemory *m = PyObject_NewVar(LoanMemory, loan_memory_type, numpy ? 0 : 2 * t->ndim);
    if (m == NULL) {
        if (chunk != CHUNKS_NONE) {
            chunks_drop(&w->chunks, chunk);
        }
        return NULL;
    }
    m->writer = writer_hold(w);
    m->chunk = chunk;
    m->length = t->variable ? (size_t)n * t->row : t->size;
    m->exports = 0;
    m->exported.data = NULL;
    m->data = chunk != CHUNKS_NONE ? pool_payload(&w->chunks.pool, chunk) : PyMem_RawCalloc(1, t->size);
    if (!numpy) {
        Py_ssize_t shape[VALUE_MAX_NDIM];
        value_shape(t, n, shape);
        exported_init(&m->exported, t, t->ndim, shape, m->axes);
        m->exported.data = m->data;
        m->exported.writable = true;
    }
    if (m->data == NULL) {
        Py_DECREF(m);
        PyErr_NoMemory();
        return NULL;
    }
    return m;
}

static void
dealloc(LoanMemory *m)
{
    PyTypeObject *type = Py_TYPE(m);
    if (m->chunk != CHUNKS_NONE) {
        chunks_drop(&m->writer->chunks, m->chunk); /* private memory of the writer: also after close() */
    }
    if (m->writer->memory == NULL) {
        PyMem_RawFree(m->data);
    }
    writer_release(m->writer);
    type->tp_free((PyObject *)m);
    Py_DECREF(type);
}

static int
get_buffer(LoanMemory *m, Py_buffer *b, int flags)
{
    if (m->exported.data == NULL) { /* numpy asks whether an array may be writable again */
        PyErr_SetString(PyExc_BufferError, "the loan has ended");
        b->obj = NULL;
        return -1;
    }
    exported_get(&m->exported, m->axes, (PyObject *)m, b, flags);
    m->exports++;
    return 0;
}

static void
release_buffer(LoanMemory *m, Py_buffer *Py_UNUSED(b))
{
    m->exports--;
}

PyObject *
loan_memory_array(LoanMemory *m, const struct value_type *t, const Py_ssize_t *shape, void *data)
{
    if (!numpy_ready()) {
        PyErr_SetString(PyExc_ImportError, "found a numpy with another ABI than those of 1.x and 2.x");
        return NULL;
    }
    PyObject *hidden = numpy_over(t, t->ndim, shape, data, true, Py_NewRef((PyObject *)m));
    return hidden == NULL ? NULL : numpy_over(t, t->ndim, shape, data, true, hidden);
}

PyObject *
loan_memory_view(LoanMemory *m)
{
    return PyMemoryView_FromObject((PyObject *)m);
}

static bool
end_array(PyObject *array)
{
    struct numpy_array *a = (struct numpy_array *)array, *hidden = (struct numpy_array *)a->base;
    a->flags &= ~NUMPY_WRITEABLE;
    if (hidden == NULL || !numpy_is_array(a->base)) { /* numpy's __setstate__ was called */
        return true;
    }
    hidden->flags &= ~NUMPY_WRITEABLE; /* it decides whether a's flag can be set again */
    return Py_REFCNT(hidden) > 1;
}

bool
loan_memory_end(LoanMemory *m, PyObject *array)
{
    if (PyTuple_Check(array)) { /* of a record */
        bool any = false;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(array); i++) {
            any |= end_array(PyTuple_GET_ITEM(array, i));
        }
        return any;
    }
    if (Py_SIZE(m) == 0) {
        return end_array(array);
    }
    struct raised raised = put_aside();
    m->exported.data = NULL;
    Py_XDECREF(PyObject_CallMethodNoArgs(array, release_name)); /* a BufferError: something has its buffer */
    put_back(raised);
    return m->exports > 0;
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_buffer},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "shm_pub_sub._hot.LoanMemory",
    .basicsize = offsetof(LoanMemory, axes),
    .itemsize = sizeof(Py_ssize_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int
loan_memory_init(void)
{
    if (release_name == NULL && (release_name = PyUnicode_InternFromString("release")) == NULL) {
        return -1;
    }
    if (loan_memory_type == NULL) {
        loan_memory_type = (PyTypeObject *)PyType_FromSpec(&spec);
    }
    return loan_memory_type == NULL ? -1 : 0;
}
