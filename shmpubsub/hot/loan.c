#include "loan.h"

#include "keywords.h"
#include "loan_memory.h"
#include "loan_record.h"
#include "numpy_api.h"
#include "record_gaps.h"
#include "refuse.h"
#include "stamp.h"

const char loan_doc[] = "loan($self, /, size=None)\n--\n\n"
"Return a context manager: an array in shared memory to fill, which is published when the block ends.\n"
"\n"
"    with pub.loan() as frame:\n"
"        camera.read_into(frame)\n"
"\n"
"It spares the copy that publish() makes. What the array contains at first is left from an earlier value.\n"
"A block that raises publishes nothing. Afterwards the array is read-only, a memoryview is released.\n"
"\n"
"Of a record it is a dict, or an object with the fields as attributes: numpy's arrays in it are in shared memory.\n"
"The other fields begin as the default's and are read when the block ends; so is an array that was put in the\n"
"place of one. A slice obs['points'][:n] there says how many rows a field of varying length has.\n"
"\n"
"If the value was measured before the end of the block, say when:\n"
"\n"
"    with (lent := pub.loan()) as frame:\n"
"        lent.time_ns = camera.read_into(frame)\n"
"\n"
"Args:\n"
"    size: How many elements the first axis has, or how many bytes, of a topic with max_size=. None stands\n"
"        for max_size.\n"
"\n"
"Returns:\n"
"    A context manager for one block. It gives a numpy array or, on a topic of bytes or of another kind of\n"
"    array, a memoryview. Of records: a dict if the default is one; an array without axes if it is a structured\n"
"    scalar; a ctypes.Structure, which is copied at the end; otherwise a types.SimpleNamespace.\n"
"\n"
"Raises:\n"
"    BufferError: When the block ends: other arrays made from this one still exist. Nothing is published.\n"
"        del them, or copy. What is no plain numpy array (memoryviews, tensors, masked arrays, other\n"
"        subclasses) and as_strided() do not count: they could write to a value that is already published.\n"
"    LoanError: When the block begins: as many loans as loans= allows are open (a RuntimeError).\n"
"    TopicTypeError: The topic's values are text, lists or scalars, or size is not an int; or, when the block ends,\n"
"        a field of the record has a wrong type (a TypeError). As for publish(), TopicValueError and RangeError.\n"
"    TopicValueError: size is not in 0 to max_size (a ValueError); or time_ns is not a time for publish_at(), when it\n"
"        is set or when the block ends.\n"
"    ClosedError, ForkedError: As for publish(), when the block begins or ends.";

typedef struct Loan {
    PyObject_HEAD
    Publisher *publisher;
    struct writer *writer; /* held */
    LoanMemory *memory;    /* in the block only */
    PyObject *array;       /* which the block has, or a tuple of those that a record has */
    PyObject *object;      /* of a record, which the block has */
    Py_ssize_t steps;      /* of the first axis */
    uint64_t time;         /* ns; 0: the end of the block */
    bool entered, ended;
} Loan;

static PyTypeObject *loan_type;

/* Returns whether size is a number of steps for the type, -1 for None. */
static bool
steps_of(const struct value_type *t, PyObject *size, Py_ssize_t *steps)
{
    Py_ssize_t most = t->ndim > 0 ? t->shape[0] : 1;
    *steps = most;
    if (size == NULL || size == Py_None) {
        return true;
    }
    if (!t->variable || PyBool_Check(size) || !PyIndex_Check(size)) {
        return false;
    }
    *steps = PyNumber_AsSsize_t(size, NULL);
    return *steps >= 0 && *steps <= most;
}

PyObject *
loan(Publisher *p, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"loan", true, {"size"}};
    PyObject *size;
    Py_ssize_t steps;
    if (!keywords_parse(&signature, args, n, names, &size)) {
        return NULL;
    }
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    struct writer *w = p->writer;
    if (w == NULL || (w->type.tag != SHM_ARRAY && w->type.tag != SHM_BYTES && w->type.tag != SHM_RECORD)) {
        return refuse_loan_size(p, size);
    }
    writer_hold(w);
    if (!steps_of(&w->type, size, &steps)) {
        writer_release(w);
        return PyErr_Occurred() ? NULL : refuse_loan_size(p, size);
    }
    Loan *made = PyObject_GC_New(Loan, loan_type);
    if (made == NULL) {
        writer_release(w);
        return NULL;
    }
    made->publisher = (Publisher *)Py_NewRef((PyObject *)p);
    made->writer = w;
    made->memory = NULL;
    made->array = NULL;
    made->object = NULL;
    made->steps = steps;
    made->time = 0;
    made->entered = made->ended = false;
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

/* The array of a whole value. */
static PyObject *
whole(const Loan *l, LoanMemory *m)
{
    const struct value_type *t = &l->writer->type;
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(t, l->steps, shape);
    return loan_memory_array(m, t, shape, m->data);
}

static PyObject *
enter(Loan *l, PyObject *Py_UNUSED(ignored))
{
    Publisher *p = l->publisher;
    struct writer *w = l->writer;
    PyObject *refused;
    uint32_t chunk = CHUNKS_NONE;
    if (p == NULL || !writer_is_open(p, w)) {
        return p == NULL ? Py_NewRef(Py_None) : refuse_publisher(p);
    }
    if (l->entered) {
        return refuse_loan_again(p);
    }
    l->entered = true; /* now: this thread may wait, and another one come here */
    if (w->memory != NULL && !writer_take(p, w, &chunk, &refused)) {
        l->entered = false;
        return refused;
    }
    bool record = loan_is_record(&w->type);
    bool numpy = w->type.record != NULL || (p->gives_numpy && numpy_ready());
    LoanMemory *m = loan_memory_new(w, chunk, l->steps, numpy);
    PyObject *array = m == NULL ? NULL : record ? loan_record_arrays(m) : numpy ? whole(l, m) : loan_memory_view(m);
    PyObject *object = array == NULL ? NULL : record ? loan_record_begin(p, array) : Py_NewRef(array);
    if (object == NULL) {
        l->entered = false;
        if (array != NULL) {
            loan_memory_end(m, array);
            Py_DECREF(array);
        }
        Py_XDECREF(m);
        return NULL;
    }
    l->memory = m;
    l->array = array;
    l->object = record ? Py_NewRef(object) : NULL;
    return object;
}

/* Returns a new reference to None, or NULL with an error set. */
static PyObject *
publish(Publisher *p, struct writer *w, LoanMemory *m, struct stamp *stamp)
{
    uint64_t now;
    if (!stamp_time(p, stamp, &now)) {
        return NULL;
    }
    if (w->type.record != NULL) {
        record_clear_gaps(record_of(&w->type), m->data, m->length / w->type.itemsize);
    }
    if (m->chunk != CHUNKS_NONE) {
        writer_publish(p, w, m->chunk, m->length, now, true);
        m->chunk = CHUNKS_NONE;
    }
    else {
        uint64_t words[SHM_INLINE_LIMIT / 8];
        words[(m->length - 1) / 8] = 0;
        memcpy(words, m->data, m->length);
        writer_publish_words(p, w, words, now, true);
    }
    Py_RETURN_NONE;
}

static PyObject *
exit_(Loan *l, PyObject *const *args, Py_ssize_t n)
{
    LoanMemory *m = l->memory;
    PyObject *array = l->array, *object = l->object;
    if (m == NULL) {
        Py_RETURN_NONE; /* it has ended, or never begun */
    }
    l->memory = NULL;
    l->array = l->object = NULL;
    l->ended = true;
    Publisher *p = l->publisher;
    struct writer *w = l->writer;
    bool failed = n > 0 && args[0] != Py_None; /* what the block raised goes on */
    bool unfit = !failed && object != NULL && writer_is_open(p, w) && loan_record_end(p, m, object, array) < 0;
    Py_XDECREF(object);
    bool exported = loan_memory_end(m, array);
    PyObject *result;
    if (failed || (unfit && PyErr_Occurred())) {
        result = unfit ? NULL : Py_NewRef(Py_None);
    }
    else if (unfit || !writer_is_open(p, w)) {
        result = refuse_publisher(p);
    }
    else {
        struct stamp stamp = {.given = true, .ns = l->time};
        result = exported ? refuse_arrays(p) : publish(p, w, m, l->time == 0 ? NULL : &stamp);
    }
    if (m->chunk != CHUNKS_NONE && !exported) {
        chunks_drop(&w->chunks, m->chunk); /* now: `array` may live on, to be read */
        m->chunk = CHUNKS_NONE;
    }
    Py_DECREF(m);
    Py_DECREF(array);
    return result;
}

static int
traverse(Loan *l, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(l));
    Py_VISIT(l->publisher);
    Py_VISIT(l->array);
    Py_VISIT(l->object);
    return 0;
}

static int
clear(Loan *l)
{
    Py_CLEAR(l->array);
    Py_CLEAR(l->object);
    Py_CLEAR(l->memory);
    Py_CLEAR(l->publisher);
    return 0;
}

static void
dealloc(Loan *l)
{
    PyTypeObject *type = Py_TYPE(l);
    PyObject_GC_UnTrack(l);
    if (l->memory != NULL) {
        loan_memory_end(l->memory, l->array);
    }
    clear(l);
    writer_release(l->writer);
    type->tp_free((PyObject *)l);
    Py_DECREF(type);
}

static PyObject *
get_time(Loan *l, void *Py_UNUSED(closure))
{
    return l->time == 0 ? Py_NewRef(Py_None) : PyLong_FromUnsignedLongLong(l->time);
}

static int
set_time(Loan *l, PyObject *time, void *Py_UNUSED(closure))
{
    uint64_t ns = 0;
    if (time == NULL) {
        PyErr_SetString(PyExc_TypeError, "cannot delete time_ns; None stands for the end of the block");
        return -1;
    }
    if (time != Py_None && l->publisher != NULL && !stamp_parse(l->publisher, time, &ns)) {
        return -1;
    }
    if (l->ended && l->publisher != NULL) {
        refuse_loan_time(l->publisher);
        return -1;
    }
    l->time = ns;
    return 0;
}

PyDoc_STRVAR(time_doc, "When the value was measured, as for publish_at(). None stands for the end of the block. It may be set\n"
"before the block and in it; whether it is before the time of the value before is checked at the end.");

static PyGetSetDef getset[] = {
    {"time_ns", (getter)get_time, (setter)set_time, time_doc, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"__enter__", (PyCFunction)enter, METH_NOARGS, "__enter__($self, /)\n--\n\nReturn the array."},
    {"__exit__", (PyCFunction)(void (*)(void))exit_, METH_FASTCALL,
     "__exit__($self, /, *error)\n--\n\nPublish it, if the block has not raised."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc}, {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {Py_tp_methods, methods},
    {Py_tp_getset, getset},   {0, NULL},
};

static PyType_Spec spec = {
    .name = "shm_pub_sub._hot.Loan",
    .basicsize = sizeof(Loan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int
loan_init(void)
{
    if (loan_type == NULL) {
        loan_type = (PyTypeObject *)PyType_FromSpec(&spec);
    }
    return loan_type == NULL ? -1 : loan_memory_init();
}
