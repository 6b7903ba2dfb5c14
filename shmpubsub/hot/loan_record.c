#include "loan_record.h"

#include "numpy_api.h"
#include "record_source.h"

/* Whether a field is an array of numpy's: is_numpys() in _record_loan.py. */
static bool
is_numpys(const struct field *f)
{
    return f->type.tag == SHM_ARRAY && f->make == NULL && (f->type.record == NULL || f->type.descr != NULL);
}

/* Whether it is a record whose fields are objects of their own: is_open(). */
static bool
is_open(const struct field *f)
{
    return f->type.tag == SHM_RECORD && record_of(&f->type)->how != RECORD_RAW &&
           record_of(&f->type)->how != RECORD_NUMPY;
}

bool
loan_is_record(const struct value_type *t)
{
    return t->tag == SHM_RECORD && record_of(t)->how != RECORD_NUMPY;
}

/* What is done with each array of a record in the loan's memory; at: where the field is. */
typedef PyObject *make_array(LoanMemory *m, const struct field *f, char *at, PyObject *array);

/* Appends what make returns of each array, in order; arrays: a tuple of what it is given, or NULL. */
static int
walk(LoanMemory *m, const Record *r, char *data, make_array *make, PyObject *arrays, PyObject *list)
{
    for (const struct field *f = r->fields; f < r->fields + r->n; f++) {
        char *at = data + f->offset;
        if (is_open(f)) {
            if (walk(m, record_of(&f->type), at, make, arrays, list) < 0) {
                return -1;
            }
        }
        else if (is_numpys(f)) {
            PyObject *given = arrays == NULL ? NULL : PyTuple_GET_ITEM(arrays, PyList_GET_SIZE(list));
            PyObject *made = make(m, f, at, given);
            int failed = made == NULL ? -1 : PyList_Append(list, made);
            Py_XDECREF(made);
            if (failed) {
                return -1;
            }
        }
    }
    return 0;
}

/* Returns a tuple, or NULL with an error set. */
static PyObject *
each(LoanMemory *m, make_array *make, PyObject *arrays)
{
    PyObject *list = PyList_New(0), *tuple = NULL;
    if (list != NULL && walk(m, record_of(&m->writer->type), m->data, make, arrays, list) == 0) {
        tuple = PyList_AsTuple(list);
    }
    Py_XDECREF(list);
    return tuple;
}

static PyObject *
writable(LoanMemory *m, const struct field *f, char *at, PyObject *Py_UNUSED(array))
{
    return loan_memory_array(m, &f->type, f->type.shape, at + (f->type.variable ? 8 : 0));
}

PyObject *
loan_record_arrays(LoanMemory *m)
{
    return each(m, writable, NULL);
}

PyObject *
loan_record_begin(Publisher *p, PyObject *arrays)
{
    return PyObject_CallMethod((PyObject *)p, "_begin_loan", "(O)", arrays);
}

/* The array itself, or one of its first rows: not a slice of it, which could write. */
static PyObject *
filled(LoanMemory *m, const struct field *f, char *at, PyObject *array)
{
    uint64_t n = 0;
    if (f->type.variable) {
        memcpy(&n, at, sizeof n);
    }
    if (!f->type.variable || n >= f->type.max) {
        return Py_NewRef(array);
    }
    Py_ssize_t shape[VALUE_MAX_NDIM];
    value_shape(&f->type, (Py_ssize_t)n, shape);
    return numpy_over(&f->type, f->type.ndim, shape, at + 8, false, Py_NewRef((PyObject *)m));
}

/* Converts the object to the record in the memory, by the Record that fits the object. Returns 0 or -1. */
static int
put(Publisher *p, LoanMemory *m, PyObject *object)
{
    struct writer *w = m->writer;
    struct value_type type = w->type;
    PyObject *codec = PyObject_CallMethod((PyObject *)p, "_loan_codec", "(O)", w->type.record);
    if (codec == NULL || record_bind(&type, codec) < 0) {
        Py_XDECREF(codec);
        return -1;
    }
    Py_DECREF(codec);
    int done = record_into(p, w, record_of(&type), object, m->data);
    record_unbind(&type);
    return done;
}

int
loan_record_end(Publisher *p, LoanMemory *m, PyObject *object, PyObject *arrays)
{
    if (put(p, m, object) < 0) {
        return -1;
    }
    if (PyTuple_GET_SIZE(arrays) == 0) {
        return 0;
    }
    PyObject *record = m->writer->type.record, *own = each(m, filled, arrays);
    PyObject *done = own == NULL ? NULL : PyObject_CallMethod((PyObject *)p, "_end_loan", "OOO", record, object, own);
    Py_XDECREF(own);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}
