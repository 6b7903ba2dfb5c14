/* Values are copied oldest first. If the publisher overwrites the next one, there would be a gap: the copying begins
   again behind it. */
#include "last.h"

#include "arguments.h"
#include "attachment.h"
#include "into.h"
#include "into_record.h"
#include "numpy_api.h"
#include "patience.h"
#include "read_payload.h"
#include "record.h"
#include "sample.h"
#include "view.h"

/* One call. */
struct run {
    Subscriber *s;
    struct topic_file *file;
    const struct value_type *type;
    struct ring ring;
    uint64_t open_epoch;
    uint64_t count;  /* the most values */
    PyObject *list;  /* where they go, */
    PyObject *array; /* or here, with a leading axis; with into= the program's */
    PyObject *stack; /* or here, records that are dicts: _record_last.py */
};

/* A record, whose arrays are copied from views. */
static int
put_on_stack(struct run *r, struct payload *p, Py_ssize_t place)
{
    PyObject *value = NULL;
    if (p->length != r->type->size) {
        raise_corrupt((PyObject *)r->s);
        return -1;
    }
    int made = into_record_views(r->s, r->type->record, p, &value);
    if (made > 0) {
        PyObject *done = PyObject_CallMethod(r->stack, "put", "nO", place, value);
        Py_DECREF(value);
        made = done == NULL ? -1 : 1;
        Py_XDECREF(done);
    }
    if (made != 0) {
        payload_release(p);
    }
    return made;
}

/* Puts a value to its place: 1; 0: it was overwritten; -1 with an error set. */
static int
put(struct run *r, struct payload *p, Py_ssize_t place)
{
    if (r->array != NULL) {
        return read_place(r->s, r->file, p, r->array, place);
    }
    if (r->stack != NULL) {
        return put_on_stack(r, p, place);
    }
    PyObject *value = NULL;
    int made = read_payload(r->s, r->file, p, NULL, &value);
    if (made > 0) {
        made = PyList_Append(r->list, value) < 0 ? -1 : 1;
        Py_DECREF(value);
    }
    return made;
}

/* Copies values *first to last. 1: *n are copied, without those that are too old; 0: one was overwritten, *first is the
   one after it; -1 with an error set. */
static int
copy_run(struct run *r, uint64_t *first, uint64_t last, Py_ssize_t *n)
{
    struct payload p;
    payload_init(&p);
    *n = 0;
    for (uint64_t k = *first; k <= last; k++) {
        const char *path = r->s->cursor.present.file == r->file ? path_of(r->s) : NULL;
        enum ring_read found = payload_at(&r->ring, r->file, path, use_of(r->s), &p, k);
        if (found == RING_CORRUPT) {
            raise_corrupt((PyObject *)r->s);
            return -1;
        }
        bool there = found == RING_OK;
        if (there && value_too_old(r->s, p.time)) {
            payload_release(&p);
            continue;
        }
        int done = there && read_pin_copy(r->ring, r->file, path, &p) ? put(r, &p, *n) : 0;
        if (done <= 0) {
            payload_release(&p);
            *first = k + 1;
            return done;
        }
        ++*n;
    }
    return 1;
}

/* Returns how many values there are now, or -1 with an error set. */
static Py_ssize_t
collect(struct run *r)
{
    struct patience patience = {0};
    uint64_t capacity = r->ring.count - 1, after = 0;
    for (;;) {
        uint64_t head = ring_published(&r->ring);
        if (head >= RING_HEAD_LIMIT) {
            raise_corrupt((PyObject *)r->s);
            return -1;
        }
        uint64_t most = r->count < capacity ? r->count : capacity;
        uint64_t first = head > most ? head - most + 1 : 1;
        if (patience.tries > 0 && first < after && after <= head) {
            first = after; /* those before it are about to be overwritten as well */
        }
        if (r->list != NULL && PyList_SetSlice(r->list, 0, PyList_GET_SIZE(r->list), NULL) < 0) {
            return -1;
        }
        after = first;
        Py_ssize_t n;
        int done = copy_run(r, &after, head, &n);
        if (done != 0) {
            return done < 0 ? -1 : n;
        }
        if (patience_lapped(&patience, r->s, r->open_epoch) < 0) {
            return -1;
        }
    }
}

/* A new array for count values. */
static PyObject *
new_array(const struct run *r)
{
    const struct value_type *t = r->type;
    Py_ssize_t shape[VALUE_MAX_NDIM + 1];
    shape[0] = (Py_ssize_t)r->count;
    memcpy(shape + 1, t->shape, (size_t)t->ndim * sizeof *shape);
    if ((uint64_t)shape[0] > (uint64_t)PY_SSIZE_T_MAX / t->size) {
        return PyErr_NoMemory();
    }
    void *data;
    if (r->s->make == NULL && numpy_ready()) {
        return numpy_new(t, t->ndim + 1, shape);
    }
    return view_own(t, t->ndim + 1, shape, true, &data);
}

/* The first n of the array's values. */
static PyObject *
first_of(const struct run *r, Py_ssize_t n)
{
    if (n == (Py_ssize_t)r->count && PyObject_Size(r->array) == n) {
        return Py_NewRef(r->array);
    }
    struct into d;
    if (into_open(&d, r->s, r->type, r->array, true) < 0) {
        return NULL;
    }
    PyObject *part = into_first(&d, r->type, n);
    into_close(&d);
    return part;
}

static PyObject *
result_of(const struct run *r, Py_ssize_t n)
{
    if (r->stack != NULL) {
        return PyObject_CallMethod(r->stack, "first", "n", n);
    }
    return r->list != NULL ? Py_NewRef(r->list) : first_of(r, n);
}

static PyObject *
run(struct run *r, PyObject *into)
{
    uint64_t capacity = r->ring.count - 1, head = ring_published(&r->ring), there = head < capacity ? head : capacity;
    r->count = r->count < there ? r->count : there;
    if (into != NULL) {
        struct into d;
        if (into_open(&d, r->s, r->type, into, true) < 0) {
            return NULL;
        }
        Py_ssize_t room = into_room(&d);
        into_close(&d);
        r->count = r->count < (uint64_t)room ? r->count : (uint64_t)room;
        r->array = Py_NewRef(into);
    }
    else if (r->type->tag == SHM_ARRAY && !r->type->variable && (r->type->record == NULL || r->type->descr != NULL)) {
        r->array = new_array(r);
    }
    else if (r->type->tag == SHM_RECORD && record_of(r->type)->how == RECORD_DICT && numpy_ready()) {
        r->stack = PyObject_CallMethod((PyObject *)r->s, "_stack", "On", r->type->record, (Py_ssize_t)r->count);
    }
    else {
        r->list = PyList_New(0);
    }
    if (r->array == NULL && r->stack == NULL && r->list == NULL) {
        return NULL;
    }
    Py_ssize_t n = r->count == 0 ? 0 : collect(r);
    PyObject *result = n < 0 ? NULL : result_of(r, n);
    Py_XDECREF(r->array);
    Py_XDECREF(r->stack);
    Py_XDECREF(r->list);
    return result;
}

/* Parses n and into. */
static bool
arguments_of(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names, uint64_t *count, PyObject **into)
{
    if (n != 1) {
        PyErr_Format(PyExc_TypeError, "last() takes 1 positional argument, n (%zd given)", n);
        return false;
    }
    if (!into_of("last", args + n, 0, names, into)) {
        return false;
    }
    PyObject *number = PyBool_Check(args[0]) || !PyIndex_Check(args[0]) ? NULL : PyNumber_Index(args[0]);
    int beyond = 0;
    long long most = number == NULL ? 0 : PyLong_AsLongLongAndOverflow(number, &beyond);
    Py_XDECREF(number);
    if (PyErr_Occurred()) {
        return false;
    }
    if (beyond < 0 || (beyond == 0 && most < 1)) {
        raised(PyObject_CallMethod((PyObject *)s, "_refuse_count", "(O)", args[0]));
        return false;
    }
    *count = beyond > 0 ? RING_HEAD_LIMIT : (uint64_t)most;
    return true;
}

PyObject *
last_values(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *into;
    struct run r = {.s = s, .open_epoch = s->open_epoch};
    if (!arguments_of(s, args, n, names, &r.count, &into)) {
        return NULL;
    }
    int ready = attachment_ready(s);
    if (ready < 0) {
        return NULL;
    }
    if (!ready) {
        return PyObject_CallMethod((PyObject *)s, "_no_values", "(O)", into == NULL ? Py_None : into);
    }
    struct hold kept = hold_file(s->cursor.present.file, NULL);
    r.file = kept.file;
    r.type = r.file->type;
    r.ring = s->ring;
    PyObject *result = run(&r, into);
    hold_release(&kept);
    return result;
}
