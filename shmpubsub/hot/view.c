#include "view.h"

#include "copy_payload.h"
#include "exported.h"
#include "numpy_api.h"

/* What an array or a memoryview refers to. It refers to nothing but another one, and needs no garbage collection. */
typedef struct {
    PyObject_VAR_HEAD        /* ob_size: 2 ndim */
    struct hold hold;        /* .file NULL: the memory is its own */
    void *own;               /* that memory */
    PyObject *holder;        /* or it is this one's; NULL */
    struct exported exported; /* .data NULL: an ndarray has it, and nothing else may */
    Py_ssize_t axes[];
} View;

static PyTypeObject *view_type;

static int
get_buffer(View *v, Py_buffer *view, int flags)
{
    if (v->exported.data == NULL || ((flags & PyBUF_WRITABLE) && !v->exported.writable)) {
        PyErr_SetString(PyExc_BufferError, "the value is read-only: it is in shared memory; copy it");
        view->obj = NULL;
        return -1;
    }
    exported_get(&v->exported, v->axes, (PyObject *)v, view, flags);
    return 0;
}

static void
view_dealloc(View *v)
{
    PyTypeObject *type = Py_TYPE(v);
    hold_release(&v->hold);
    PyMem_RawFree(v->own);
    Py_XDECREF(v->holder);
    type->tp_free((PyObject *)v);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, view_dealloc},
    {Py_bf_getbuffer, get_buffer},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "shm_pub_sub._hot.View",
    .basicsize = offsetof(View, axes),
    .itemsize = sizeof(Py_ssize_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

int
view_init(void)
{
    if (view_type == NULL) {
        view_type = (PyTypeObject *)PyType_FromSpec(&spec);
    }
    return view_type == NULL ? -1 : 0;
}

/* Returns one that holds nothing yet. */
static View *
make(int axes)
{
    View *v = PyObject_NewVar(View, view_type, axes);
    if (v != NULL) {
        v->hold = (struct hold){0};
        v->own = v->exported.data = NULL;
        v->holder = NULL;
    }
    return v;
}

/* The same with what a memoryview needs. */
static View *
make_exporter(const struct value_type *t, int ndim, const Py_ssize_t *shape)
{
    View *v = make(2 * ndim);
    if (v != NULL) {
        exported_init(&v->exported, t, ndim, shape, v->axes);
    }
    return v;
}

static PyObject *
memoryview_of(View *v)
{
    PyObject *made = PyMemoryView_FromObject((PyObject *)v);
    Py_DECREF(v);
    return made;
}

static void
take_over(View *v, struct payload *p)
{
    v->hold = p->hold;
    p->hold = (struct hold){0};
}

PyObject *
view_array(const struct value_type *t, Py_ssize_t n, struct payload *p)
{
    View *v = make(0);
    if (v == NULL) {
        payload_release(p);
        return NULL;
    }
    void *data = (void *)(uintptr_t)p->data; /* the pages are read-only, and so is the array */
    take_over(v, p);
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(t, n, shape);
    return numpy_over(t, t->ndim, shape, data, false, (PyObject *)v);
}

PyObject *
view_memory(const struct value_type *t, Py_ssize_t n, struct payload *p)
{
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(t, n, shape);
    View *v = make_exporter(t, t->ndim, shape);
    if (v == NULL) {
        payload_release(p);
        return NULL;
    }
    v->exported.data = (void *)(uintptr_t)p->data;
    v->exported.writable = false;
    take_over(v, p);
    return memoryview_of(v);
}

int
view_hold(struct payload *p, bool stays, PyObject **holder, const char **data)
{
    View *v = make(0);
    if (v == NULL) {
        return -1;
    }
    if (stays) {
        *data = (const char *)p->data;
        take_over(v, p);
    }
    else {
        v->own = PyMem_RawMalloc(p->length);
        if (v->own == NULL) {
            PyErr_NoMemory();
        }
        int copied = v->own == NULL ? -1 : copy_payload(p, v->own);
        if (copied <= 0) {
            Py_DECREF(v);
            return copied;
        }
        *data = v->own;
    }
    *holder = (PyObject *)v;
    return 1;
}

PyObject *
view_part(const struct value_type *t, Py_ssize_t n, const void *data, PyObject *holder, bool numpy)
{
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(t, n, shape);
    if (numpy) {
        return numpy_over(t, t->ndim, shape, (void *)(uintptr_t)data, false, Py_NewRef(holder));
    }
    View *v = make_exporter(t, t->ndim, shape);
    if (v == NULL) {
        return NULL;
    }
    v->exported.data = (void *)(uintptr_t)data;
    v->exported.writable = false;
    v->holder = Py_NewRef(holder);
    return memoryview_of(v);
}

PyObject *
view_own(const struct value_type *t, int ndim, const Py_ssize_t *shape, bool writable, void **data)
{
    View *v = make_exporter(t, ndim, shape);
    if (v == NULL) {
        return NULL;
    }
    v->own = v->exported.data = PyMem_RawMalloc(exported_size(&v->exported, v->axes)); /* not NULL for 0 bytes */
    v->exported.writable = writable;
    if (v->own == NULL) {
        Py_DECREF(v);
        return PyErr_NoMemory();
    }
    *data = v->own;
    return memoryview_of(v);
}
