/* How far a drain goes. What is published meanwhile stays for the next call, or a fast publisher would keep it for
   ever. */
#include "drain.h"

#include "arguments.h"
#include "attachment.h"
#include "buffer.h"
#include "convert.h"
#include "into.h"
#include "patience.h"
#include "read_payload.h"
#include "read_record.h"
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
    struct patience patience; /* of the whole drain */
};

static struct bound
bound_of(const Subscriber *s)
{
    return (struct bound){.began = s->cursor.epoch, .open_epoch = s->open_epoch, .type = s->type};
}

/* Takes the next value within the bound, as a payload if p is given: returns what take does. */
static ALWAYS_INLINE int
take_within(Subscriber *s, struct bound *b, struct ring_value *v, struct payload *p)
{
    struct cursor *c = &s->cursor;
    if (__builtin_expect(c->epoch != b->epoch, 0) && attachment_is_over(s, b->open_epoch)) {
        return -1;
    }
    const struct attachment *a = cursor_source(c);
    if (__builtin_expect(a->ring.k >= b->last, 0) && b->last != 0 && b->epoch == c->epoch && b->file == a->file) {
        bool looked = c->previous.file == NULL && c->epoch != b->began;
        if (looked || ring_published(&a->ring) != a->ring.k) {
            return 0;
        }
    }
    int found = p != NULL ? take_payload(s, p) : take(s, v);
    a = cursor_source(c);
    if (found > 0 && __builtin_expect(b->last == 0 || b->epoch != c->epoch || b->file != a->file, 0)) {
        b->epoch = c->epoch;
        b->file = a->file;
        b->last = ring_published(&a->ring);
    }
    return found;
}

/* A value was overwritten while it was copied: it is not the one that the bound was for. Returns false with an error
   set if the drain must end. */
static bool
goes_on(Subscriber *s, struct bound *b)
{
    b->last = 0;
    return patience_lapped(&b->patience, s, b->open_epoch) > 0;
}

/* What a drain returns that ended with an error: the next call meets the topic's errors again, so first what was
   taken. Returns whether that is so; if not the error stays set. */
static bool
may_return_first(Py_ssize_t taken)
{
    if (taken == 0 || !PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return false;
    }
    PyErr_Clear();
    return true;
}

/* Appends the next value: 1, 0 if there is none within the bound, or -1, or READ_SPENT, with an error set. *k is its number if it was
   taken. */
static inline int
append_word(Subscriber *s, struct bound *b, PyObject *list, uint64_t *k)
{
    struct ring_value v;
    int found = take_within(s, b, &v, NULL);
    if (found <= 0) {
        return found;
    }
    *k = v.k;
    PyObject *value = value_object(b->type, v.word);
    int failed = value == NULL ? -1 : PyList_Append(list, value);
    Py_XDECREF(value);
    return failed ? -1 : 1;
}

static int
append_payload(Subscriber *s, struct bound *b, PyObject *list, uint64_t *k)
{
    struct payload p;
    payload_init(&p);
    for (;;) {
        uint64_t taken_time = s->cursor.taken_time;
        int found = take_within(s, b, NULL, &p);
        if (found <= 0) {
            return found;
        }
        *k = p.k;
        struct topic_file *f = cursor_source(&s->cursor)->file;
        struct cursor_mark before = before_payload(s, f, &p, taken_time);
        PyObject *value = NULL;
        int made = read_payload(s, f, &p, NULL, &value);
        if (made != 0) {
            int failed = made < 0 ? made : PyList_Append(list, value);
            Py_XDECREF(value);
            if (failed && PyList_GET_SIZE(list) > 0 && take_back(s, &before, p.k)) {
                *k = p.k - 1; /* the next call meets it again */
            }
            return failed ? failed : 1;
        }
        cursor_lapped(&s->cursor, &p);
        if (!goes_on(s, b)) {
            return -1;
        }
    }
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
    uint64_t k = 0;
    int found;
    do {
        found = b.type == BY_FILE ? append_payload(s, &b, list, &k) : append_word(s, &b, list, &k);
    } while (found > 0);
    if (found < 0 && !may_return_first(PyList_GET_SIZE(list))) {
        bool spent = found == READ_SPENT && PyList_GET_SIZE(list) == 0;
        if (!spent && !take_back(s, &before, k)) {
            s->cursor.lost += (uint64_t)PyList_GET_SIZE(list);
        }
        Py_CLEAR(list);
    }
    return list;
}

/* The type of this drain: s may have another by now. */
static void
refuse_buffer(Subscriber *s, PyObject *into, enum shm_type type)
{
    const char *code = type == SHM_BOOL ? "?" : type == SHM_INT ? "q" : "d";
    raised(PyObject_CallMethod((PyObject *)s, "_refuse_buffer", "Os", into, code));
}

static Py_ssize_t
fill_words(Subscriber *s, PyObject *into)
{
    struct bound b = bound_of(s);
    Py_buffer view;
    if (PyObject_GetBuffer(into, &view, PyBUF_CONTIG | PyBUF_FORMAT) < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_BufferError) ||
            PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            refuse_buffer(s, into, b.type);
        }
        return -1;
    }
    if (!buffer_fits(b.type, &view)) {
        PyBuffer_Release(&view);
        refuse_buffer(s, into, b.type);
        return -1;
    }
    struct ring_value v;
    Py_ssize_t n = 0, room = view.len / view.itemsize;
    int found = 0;
    for (char *item = view.buf; n < room && (found = take_within(s, &b, &v, NULL)) > 0; n++, item += view.itemsize) {
        buffer_put(b.type, item, v.word);
    }
    PyBuffer_Release(&view);
    if (found < 0 && !may_return_first(n)) {
        s->cursor.lost += (uint64_t)n;
        return -1;
    }
    return n;
}

/* Fills one place: as append_payload. The type may change between two values, and with it whether they fit. */
static int
fill_place(Subscriber *s, struct bound *b, PyObject *into, Py_ssize_t place)
{
    struct payload p;
    payload_init(&p);
    for (;;) {
        uint64_t taken_time = s->cursor.taken_time;
        int found = take_within(s, b, NULL, &p);
        if (found <= 0) {
            return found;
        }
        struct topic_file *f = cursor_source(&s->cursor)->file;
        struct cursor_mark before = before_payload(s, f, &p, taken_time);
        int filled = read_place(s, f, &p, into, place);
        if (filled < 0 && !take_back(s, &before, p.k)) {
            s->cursor.lost++;
        }
        if (filled != 0) {
            return filled;
        }
        cursor_lapped(&s->cursor, &p);
        if (!goes_on(s, b)) {
            return -1;
        }
    }
}

static Py_ssize_t
fill_places(Subscriber *s, PyObject *into)
{
    struct bound b = bound_of(s);
    Py_ssize_t n = 0, room = PyObject_Size(into);
    if (room < 0) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Clear(); /* it is refused when there is a value: the file says what is expected */
        room = 1;
    }
    int found = 0;
    while (n < room && (found = fill_place(s, &b, into, n)) > 0) {
        n++;
    }
    return found < 0 && !may_return_first(n) ? -1 : n;
}

PyObject *
drain(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *into;
    if (!into_of("drain", args, n, names, &into)) {
        return NULL;
    }
    if (s->path == NULL) {
        return raised(PyObject_CallMethod((PyObject *)s, "_say_closed", NULL));
    }
    if (into == NULL) {
        return drain_list(s);
    }
    Py_ssize_t filled = s->type == BY_FILE ? fill_places(s, into) : fill_words(s, into);
    return filled < 0 ? NULL : PyLong_FromSsize_t(filled);
}
