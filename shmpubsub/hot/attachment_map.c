/* Go opens and validates a file, through the shim and gopy's module. The mapping then belongs to the subscriber, so
   that reading, looking for another file and closing work in a forked child. */
#include "attachment_map.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arguments.h"
#include "attachment.h"
#include "extra_watch.h"
#include "mapping_text.h"
#include "record.h"
#include "value_type.h"

static int
drop_later(void *record)
{
    Py_DECREF((PyObject *)record);
    return 0;
}

/* The end of a class may run any code, which must not meet a subscriber between two files. */
static void
free_type(void *type)
{
    PyObject *record = ((struct value_type *)type)->record;
    free(type);
    if (record != NULL && (Py_REFCNT(record) > 1 || Py_AddPendingCall(drop_later, record) < 0)) {
        Py_DECREF(record);
    }
}

/* Reads from the file that was found. Its publisher was last checked at checked_at. A dead one's file is kept only to
   recognise its successor. Takes the type's Record. Returns false with an error set if there is no memory. */
static bool
enter(Subscriber *s, const struct found *f, struct value_type *t, uint64_t checked_at)
{
    struct topic_file *file = topic_file_open(&f->mapping);
    struct value_type *type = file == NULL ? NULL : malloc(sizeof *type);
    if (type == NULL) {
        if (file != NULL) {
            topic_file_release(file);
        }
        PyErr_NoMemory();
        return false;
    }
    *type = *t;
    t->record = NULL;
    file->type = type;
    file->free_type = free_type;
    file->retain = f->retain;
    file->bridged = f->bridged;
    const struct geometry *g = &f->geometry;
    file->pool = (struct pool){.max = g->elem_size};
    if (g->chunks > 0) {
        file->pool = (struct pool){
            .memory = (unsigned char *)file->mapping.base + (g->chunks_offset - SHM_HEADER_OFFSET),
            .stride = g->chunk_stride,
            .max = g->elem_size,
            .chunks = g->chunks,
            .views = g->views,
        };
    }
    struct ring ring = {0};
    if (!f->dead) {
        ring = ring_at(file->mapping.base, g->first, g->stride, g->slots);
    }
    const struct attachment *present = &s->cursor.present;
    if (!f->dead && present->ring.mapped != NULL && present->file->dev == file->dev && present->file->ino == file->ino) {
        topic_file_abandon(present->file);
        extra_watch_detach_all(s);
        file->number = present->file->number;
        cursor_reopen(&s->cursor, file, &ring);
    }
    else {
        attachment_detach(s);
        file->number = ++s->files;
        cursor_enter(&s->cursor, file, &ring);
    }
    s->ring = ring;
    s->depth = f->depth;
    s->checked_at = checked_at;
    s->untrusted = (struct identity){0};
    if (!s->joined) {
        cursor_join(&s->cursor, s->history);
    }
    return true;
}

static void
give_back(const struct found *f)
{
    munmap(f->mapping.base, f->mapping.size);
    close(f->mapping.fd);
}

/* The type of the file that was found. Returns false with an error set, and the file is given back. */
static bool
parse_type(PyObject *text, const struct found *f, struct value_type *t)
{
    if (value_type_parse(t, f->type_line) && t->tag == f->tag && t->size == f->geometry.elem_size &&
        (f->geometry.chunks > 0 || (!t->variable && t->size <= SHM_INLINE_LIMIT))) {
        return true;
    }
    PyErr_Format(PyExc_SystemError, "the Go side described another type, or none: %R", text);
    give_back(f);
    return false;
}

/* Finds the Record of the type's elements, if they are records: the subscriber's, or the one that the shim makes for a
   subscriber of any type. Returns false with an error set, and the file is given back. May run any code. */
static bool
bind_record(Subscriber *s, PyObject *record, const struct found *f, struct value_type *t)
{
    if (t->dtype[0] != 'r' || f->dead) {
        return true;
    }
    PyObject *bound;
    if (record != NULL || f->descriptor == NULL) {
        bound = Py_NewRef(record != NULL ? record : Py_None);
    }
    else {
        bound = PyObject_CallMethod((PyObject *)s, "_record_of", "s", f->descriptor);
    }
    int failed = bound == NULL ? -1 : record_bind(t, bound);
    Py_XDECREF(bound);
    if (failed) {
        give_back(f);
    }
    return !failed;
}

/* Whether s may read such a file; otherwise an error is set, and the file is given back. */
static bool
suits(const Subscriber *s, const struct found *f)
{
    if (s->type == BY_FILE || s->type == f->tag || f->dead) { /* a dead one is not read */
        return true;
    }
    PyErr_Format(PyExc_SystemError, "the Go side found a topic of type tag %d; expected %d", (int)f->tag, (int)s->type);
    give_back(f);
    return false;
}

/* Another thread, or a signal handler, may close s or open it again before s is looked at here, and while Go works,
   which is without the GIL. So both looks are here, in one step with what follows from them. */
PyObject *
attachment_map(Subscriber *s, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) < 2) {
        PyErr_SetString(PyExc_TypeError, "_map: expected an _open_epoch and a function");
        return NULL;
    }
    unsigned long long open_epoch = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(args, 0));
    if (open_epoch == (unsigned long long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *topic = PyTuple_GetSlice(args, 2, PyTuple_GET_SIZE(args));
    if (topic == NULL) {
        return NULL;
    }
    if (!attachment_still_open(s, open_epoch)) {
        Py_DECREF(topic);
        return attachment_raise_over(s);
    }
    uint64_t epoch = s->cursor.epoch;
    PyObject *record = s->record == NULL ? NULL : Py_NewRef(s->record);
    bool raw = s->raw;
    /* Read before the lock is: a publisher may die while this thread waits for its processor, or the GIL. */
    uint64_t now = clock_now(CLOCK_MONOTONIC_COARSE);
    PyObject *text = PyObject_Call(PyTuple_GET_ITEM(args, 1), topic, NULL);
    Py_DECREF(topic);
    if (text == NULL) {
        Py_XDECREF(record);
        if (!attachment_still_open(s, open_epoch) && PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            PyErr_Clear(); /* an error of what it was opened for before */
            return attachment_raise_over(s);
        }
        return NULL;
    }
    struct found found = {0};
    bool something = PyUnicode_Check(text) && PyUnicode_GET_LENGTH(text) > 0;
    struct value_type type = {0};
    bool parsed = !something || (parse_found(text, &found) && parse_type(text, &found, &type));
    if (parsed && raw) {
        value_type_set_raw(&type);
    }
    else if (parsed && something) {
        parsed = bind_record(s, record, &found, &type);
    }
    Py_XDECREF(record);
    Py_DECREF(text);
    if (!parsed) {
        return NULL;
    }
    bool first = s->cursor.epoch == epoch;
    if (something && first && (!suits(s, &found) || !enter(s, &found, &type, now))) {
        record_unbind(&type);
        return NULL;
    }
    if (something && !first) {
        /* Another thread has attached or closed s: this thread's file may be the older one. */
        give_back(&found);
        found.depth = 0;
        record_unbind(&type);
    }
    if (!attachment_still_open(s, open_epoch)) {
        return attachment_raise_over(s);
    }
    s->joined |= first || !something;
    if (!something) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(Oll)", found.dead ? Py_True : Py_False, found.pid, found.depth);
}
