/* How far a drain goes. What is published meanwhile stays for the next call, or a fast publisher would keep it for
   ever. */
#include "drain.h"

#include "arguments.h"
#include "buffer.h"
#include "convert.h"
#include "take.h"

/* In each file a drain goes to the head at the time it came there, if that has moved since. It looks for another file
   once: what was published before it began is in the files mapped then. So it ends, however fast publishers publish,
   end and begin. */
struct bound {
    uint64_t began; /* the cursor's epoch when it began */
    /* The file of the last value taken, and how far the drain goes there; 0 before the first. */
    uint64_t epoch;
    const struct topic_file *file;
    uint64_t last;
    uint64_t open_epoch; /* of the subscriber */
    enum shm_type type;  /* of its values: another one may have another size */
};

static struct bound
bound_of(const Subscriber *s)
{
    return (struct bound){.began = s->cursor.epoch, .open_epoch = s->open_epoch, .type = s->type};
}

/* Takes the next value within the bound: returns what take does. */
static inline int
take_within(Subscriber *s, struct bound *b, struct ring_value *v)
{
    struct cursor *c = &s->cursor;
    if (__builtin_expect(c->epoch != b->epoch, 0) && s->path != NULL && s->open_epoch != b->open_epoch) {
        raised(PyObject_CallMethod((PyObject *)s, "_say_set_up_again", NULL));
        return -1;
    }
    const struct attachment *a = cursor_source(c);
    if (__builtin_expect(a->ring.k >= b->last, 0) && b->last != 0 && b->epoch == c->epoch && b->file == a->file) {
        bool looked = c->previous.file == NULL && c->epoch != b->began;
        if (looked || ring_published(&a->ring) != a->ring.k) {
            return 0;
        }
    }
    int found = take(s, v);
    a = cursor_source(c);
    if (found > 0 && __builtin_expect(b->last == 0 || b->epoch != c->epoch || b->file != a->file, 0)) {
        b->epoch = c->epoch;
        b->file = a->file;
        b->last = ring_published(&a->ring);
    }
    return found;
}

static PyObject *
drain_list(Subscriber *s)
{
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    struct cursor_mark before = cursor_mark(&s->cursor);
    struct bound b = bound_of(s);
    struct ring_value v = {0};
    int found;
    while ((found = take_within(s, &b, &v)) > 0) {
        PyObject *value = value_object(b.type, v.word);
        int failed = value == NULL ? -1 : PyList_Append(list, value);
        Py_XDECREF(value);
        if (failed) {
            found = -1;
            break;
        }
    }
    if (found < 0) {
        /* The next call meets the topic's errors again: return first what was taken. */
        if (PyList_GET_SIZE(list) > 0 && PyErr_ExceptionMatches(PyExc_Exception) && !PyErr_ExceptionMatches(PyExc_MemoryError)) {
            PyErr_Clear();
            return list;
        }
        if (!take_back(s, &before, v.k)) {
            s->cursor.lost += (uint64_t)PyList_GET_SIZE(list);
        }
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
drain_into(Subscriber *s, PyObject *into)
{
    struct bound b = bound_of(s);
    Py_buffer view;
    if (PyObject_GetBuffer(into, &view, PyBUF_CONTIG | PyBUF_FORMAT) < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_BufferError) ||
            PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            return PyObject_CallMethod((PyObject *)s, "_refuse_buffer", "O", into);
        }
        return NULL;
    }
    if (!buffer_fits(b.type, &view)) {
        PyBuffer_Release(&view);
        return PyObject_CallMethod((PyObject *)s, "_refuse_buffer", "O", into);
    }
    struct ring_value v;
    Py_ssize_t n = 0, room = view.len / view.itemsize;
    int found = 0;
    for (char *item = view.buf; n < room && (found = take_within(s, &b, &v)) > 0; n++, item += view.itemsize) {
        buffer_put(b.type, item, v.word);
    }
    PyBuffer_Release(&view);
    if (found < 0) {
        if (n == 0 || !PyErr_ExceptionMatches(PyExc_Exception)) {
            s->cursor.lost += (uint64_t)n;
            return NULL;
        }
        PyErr_Clear(); /* as above */
    }
    return PyLong_FromSsize_t(n);
}

PyObject *
drain(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    if (n > 0 || named > 1) {
        PyErr_SetString(PyExc_TypeError, "drain() takes no argument but into=");
        return NULL;
    }
    if (s->path == NULL) {
        return raised(PyObject_CallMethod((PyObject *)s, "_say_closed", NULL));
    }
    if (named == 0 || args[0] == Py_None) {
        return drain_list(s);
    }
    if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "into") != 0) {
        PyErr_Format(PyExc_TypeError, "drain() got an unexpected keyword argument '%U'", PyTuple_GET_ITEM(names, 0));
        return NULL;
    }
    return drain_into(s, args[0]);
}
