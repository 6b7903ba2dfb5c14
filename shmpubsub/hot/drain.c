/* All values that a subscriber has not taken, in one call: as a list, or into a buffer without an object for
   each. What is published meanwhile is left for the next call, or a fast publisher would keep it for ever. */
#include "subscriber.h"

#include "buffer.h"
#include "convert.h"

/* How far a drain goes: in each file to the head as it was when the drain came there, if that has moved on
   since. It looks for another file once: what was published before the drain began is in those that are mapped
   then. So it ends, however fast publishers publish, end and begin. */
struct bound {
    uint64_t began; /* the generation when it began */
    /* Which file the last value taken was in, and how far it goes there; 0 before the first. */
    uint64_t generation;
    const struct shm_file *left;
    uint64_t last;
    uint64_t life; /* of the subscriber, and */
    enum shm_type type; /* of its values: another one may have another size */
};

static struct bound
drains(const Subscriber *s)
{
    return (struct bound){.began = s->generation, .life = s->lives, .type = s->type};
}

static inline bool
is_in(const struct bound *b, const Subscriber *s)
{
    return b->generation == s->generation && b->left == s->left;
}

/* Takes the next value within the bound: 1, 0 or -1 as stream_take. */
static inline int
take(Subscriber *s, struct bound *b, struct shm_value *v)
{
    if (__builtin_expect(s->generation != b->generation, 0) && s->path != NULL && s->lives != b->life) {
        shm_raised(PyObject_CallMethod((PyObject *)s, "_say_set_up_again", NULL));
        return -1;
    }
    if (__builtin_expect(s->unread.k >= b->last, 0) && b->last != 0 && is_in(b, s)) {
        bool looked = s->left == NULL && s->generation != b->began;
        if (looked || head_of(&s->unread) != s->unread.k) {
            return 0;
        }
    }
    int found = stream_take(s, v);
    if (found > 0 && __builtin_expect(b->last == 0 || !is_in(b, s), 0)) {
        b->generation = s->generation;
        b->left = s->left;
        b->last = head_of(&s->unread);
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
    struct shm_place before = stream_place(s);
    struct bound b = drains(s);
    struct shm_value v = {0};
    int found;
    while ((found = take(s, &b, &v)) > 0) {
        PyObject *value = value_object(b.type, v.word);
        int failed = value == NULL ? -1 : PyList_Append(list, value);
        Py_XDECREF(value);
        if (failed) {
            found = -1;
            break;
        }
    }
    if (found < 0) {
        /* The next call meets the topic's own errors again; first what was taken. */
        if (PyList_GET_SIZE(list) > 0 && PyErr_ExceptionMatches(PyExc_Exception) && !PyErr_ExceptionMatches(PyExc_MemoryError)) {
            PyErr_Clear();
            return list;
        }
        if (!stream_return(s, &before, v.k)) {
            s->lost += (uint64_t)PyList_GET_SIZE(list);
        }
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
drain_into(Subscriber *s, PyObject *into)
{
    struct bound b = drains(s);
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
    struct shm_value v;
    Py_ssize_t n = 0, room = view.len / view.itemsize;
    int found = 0;
    for (char *item = view.buf; n < room && (found = take(s, &b, &v)) > 0; n++, item += view.itemsize) {
        buffer_put(b.type, item, v.word);
    }
    PyBuffer_Release(&view);
    if (found < 0) {
        if (n == 0 || !PyErr_ExceptionMatches(PyExc_Exception)) {
            s->lost += (uint64_t)n;
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
        return shm_raised(PyObject_CallMethod((PyObject *)s, "_say_closed", NULL));
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
