/* Go opens and validates a file, through the shim and gopy's module. The mapping then belongs to the subscriber, so
   that reading, looking for another file and closing work in a forked child. */
#include "attachment.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../protocol/owner.h"
#include "arguments.h"
#include "mapping_text.h"
#include "value_type.h"

/* Reads nothing more from the present file, which stays mapped: see struct cursor. */
static void
leave(Subscriber *s)
{
    s->last_k = 0;
    topic_file_abandon(s->cursor.present.file);
    watch_detach(s->watch);
    cursor_leave(&s->cursor);
    s->ring = (struct ring){0};
}

void
attachment_detach(Subscriber *s)
{
    if (s->cursor.present.file != NULL) {
        leave(s);
        cursor_drop(&s->cursor);
    }
}

enum name { NAME_ABSENT, NAME_SAME, NAME_REOPEN, NAME_UNTRUSTED, NAME_OTHER };

/* What the topic's name points at, compared with the present file. */
static enum name
look_up(Subscriber *s, struct identity *found)
{
    const struct topic_file *f = s->cursor.present.file;
    struct stat st;
    if (lstat(PyBytes_AS_STRING(s->path), &st) != 0) {
        /* _attach explains any other error. */
        return errno == ENOENT ? NAME_ABSENT : NAME_OTHER;
    }
    *found = identity_of(&st);
    if (s->untrusted.ino != 0 && identity_same(found, &s->untrusted) &&
        clock_now(CLOCK_MONOTONIC_COARSE) - s->untrusted_at < COARSE_CHECK_INTERVAL) {
        return NAME_UNTRUSTED;
    }
    if (f == NULL || st.st_dev != f->dev || st.st_ino != f->ino) {
        return NAME_OTHER;
    }
    return f->reopen ? NAME_REOPEN : NAME_SAME;
}

/* 1 yes, 0 no, -1 the program has closed the descriptor. */
static int
lock_held(const Subscriber *s)
{
    const struct topic_file *f = s->cursor.present.file;
    return owner_lock_held(f->mapping.fd, f->dev, f->ino);
}

bool
attachment_publisher_lives(Subscriber *s)
{
    return lock_held(s) == 1;
}

bool
attachment_check(Subscriber *s, uint64_t now)
{
    s->checked_at = now;
    int held = lock_held(s);
    if (held < 0) {
        s->cursor.present.file->reopen = true;
        return false;
    }
    struct identity found;
    return held || (s->cursor.present.file->retain && look_up(s, &found) == NAME_SAME);
}

/* Whether s is open, and has not been opened again since that epoch. */
static bool
still_open(const Subscriber *s, uint64_t open_epoch)
{
    return s->path != NULL && s->open_epoch == open_epoch;
}

/* Raises the error for a call whose open_epoch is over. */
static void *
raise_over(Subscriber *s)
{
    const char *method = s->path == NULL ? "_say_closed" : "_say_set_up_again";
    return raised(PyObject_CallMethod((PyObject *)s, method, NULL));
}

bool
attachment_is_over(Subscriber *s, uint64_t open_epoch)
{
    bool over = s->path != NULL && s->open_epoch != open_epoch;
    if (over) {
        raise_over(s);
    }
    return over;
}

int
attachment_attach(Subscriber *s)
{
    for (uint64_t open_epoch = s->open_epoch;;) {
        struct identity found = {0};
        uint64_t asked_at = clock_now(CLOCK_MONOTONIC_COARSE);
        if (s->path != NULL) {
            switch (look_up(s, &found)) {
            case NAME_ABSENT:
                s->untrusted = (struct identity){0};
                attachment_detach(s);
                return 0;
            case NAME_UNTRUSTED: /* the same file as before */
                attachment_detach(s);
                return 0;
            case NAME_SAME: /* and dead */
                if (s->cursor.present.ring.mapped != NULL) {
                    leave(s);
                }
                return 0;
            case NAME_REOPEN:
                break;
            case NAME_OTHER:
                attachment_detach(s);
                break;
            }
        }
        uint64_t epoch = s->cursor.epoch;
        /* Runs Python: meanwhile another thread may close s, open it again, or attach it too. */
        PyObject *result = PyObject_CallMethod((PyObject *)s, "_attach", NULL);
        if (result == NULL) {
            return -1;
        }
        bool something = result == Py_True, untrusted = result == Py_None;
        Py_DECREF(result);
        if (!still_open(s, open_epoch)) {
            raise_over(s);
            return -1;
        }
        if (s->ring.mapped != NULL) {
            return 1;
        }
        if (untrusted && s->cursor.epoch == epoch) {
            attachment_detach(s);
            /* This was seen before Go judged. If Go judged another file, this one has already left the name. */
            s->untrusted = found;
            s->untrusted_at = asked_at;
        }
        if (!something) {
            return 0;
        }
        /* There was a publisher, but another thread has moved s on since: look again. */
    }
}

/* Reads from the file that was found. Its publisher was last checked at checked_at. A dead one's file is kept only to
   recognise its successor. Returns false with an error set if there is no memory. */
static bool
enter(Subscriber *s, const struct found *f, const struct value_type *t, uint64_t checked_at)
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
    file->type = type;
    file->retain = f->retain;
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
        watch_detach(s->watch);
        cursor_reopen(&s->cursor, file, &ring);
    }
    else {
        attachment_detach(s);
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
    if (!still_open(s, open_epoch)) {
        Py_DECREF(topic);
        return raise_over(s);
    }
    uint64_t epoch = s->cursor.epoch;
    /* Read before the lock is: a publisher may die while this thread waits for its processor, or the GIL. */
    uint64_t now = clock_now(CLOCK_MONOTONIC_COARSE);
    PyObject *text = PyObject_Call(PyTuple_GET_ITEM(args, 1), topic, NULL);
    Py_DECREF(topic);
    if (text == NULL) {
        if (!still_open(s, open_epoch) && PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            PyErr_Clear(); /* an error of what it was opened for before */
            return raise_over(s);
        }
        return NULL;
    }
    struct found found = {0};
    bool something = PyUnicode_Check(text) && PyUnicode_GET_LENGTH(text) > 0;
    struct value_type type = {0};
    bool parsed = !something || (parse_found(text, &found) && parse_type(text, &found, &type));
    Py_DECREF(text);
    if (!parsed) {
        return NULL;
    }
    bool first = s->cursor.epoch == epoch;
    if (something && first && (!suits(s, &found) || !enter(s, &found, &type, now))) {
        return NULL;
    }
    if (something && !first) {
        /* Another thread has attached or closed s: this thread's file may be the older one. */
        give_back(&found);
        found.depth = 0;
    }
    if (!still_open(s, open_epoch)) {
        return raise_over(s);
    }
    s->joined |= first || !something;
    if (!something) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(Oll)", found.dead ? Py_True : Py_False, found.pid, found.depth);
}
