#include "take.h"

#include "arguments.h"
#include "attachment.h"
#include "fileno.h"
#include "read_payload.h"

static inline void
taken(Subscriber *s)
{
    if (__builtin_expect(s->watch != NULL, 0) && !cursor_unread(&s->cursor)) {
        fileno_arm(s);
    }
}

/* Nothing was left to take: only then is another file looked for. 1: look again, there is one; 0: nothing; -1 with an
   error set. */
static int
look_elsewhere(Subscriber *s, enum ring_read found)
{
    /* If one was entered, values published since then are in `previous`. */
    uint64_t epoch = s->cursor.epoch;
    int ready = attachment_ready(s);
    if (ready < 0) {
        return -1;
    }
    if (epoch != s->cursor.epoch) {
        return 1;
    }
    if (ready > 0 && found == RING_CORRUPT) {
        raise_corrupt((PyObject *)s);
        return -1;
    }
    if (s->watch != NULL) {
        fileno_arm(s);
    }
    return 0;
}

int
take(Subscriber *s, struct ring_value *v)
{
    s->cursor.receiving = true;
    for (;;) {
        enum ring_read found = cursor_next(&s->cursor, v);
        if (found == RING_OK) {
            taken(s);
            return 1;
        }
        int again = look_elsewhere(s, found);
        if (again <= 0) {
            return again;
        }
    }
}

int
take_payload(Subscriber *s, struct payload *p)
{
    s->cursor.receiving = true;
    for (;;) {
        enum ring_read found = cursor_next_payload(&s->cursor, path_of(s), use_of(s), p);
        if (found == RING_OK) {
            const struct attachment *a = cursor_source(&s->cursor);
            bool is_present = a == &s->cursor.present;
            if (!read_pin_copy(a->ring, a->file, is_present ? path_of(s) : NULL, p)) {
                cursor_lapped(&s->cursor, p);
                continue;
            }
            taken(s);
            return 1;
        }
        int again = look_elsewhere(s, found);
        if (again <= 0) {
            return again;
        }
    }
}

int
take_pending(Subscriber *s)
{
    s->cursor.receiving = true;
    for (;;) {
        cursor_drop_empty_previous(&s->cursor);
        if (cursor_unread(&s->cursor)) {
            return 1;
        }
        uint64_t epoch = s->cursor.epoch;
        int ready = attachment_ready(s);
        if (ready < 0 || epoch == s->cursor.epoch) {
            return ready < 0 ? -1 : 0;
        }
    }
}

PyObject *
take_has_news(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    if (s->path == NULL) {
        return raised(PyObject_CallMethod((PyObject *)s, "_say_closed", NULL));
    }
    int there = take_pending(s);
    if (there == 0 && s->watch != NULL) {
        fileno_arm(s);
    }
    return there < 0 ? NULL : PyBool_FromLong(there);
}

/* Leaves the newest value that is there as the only one to take. */
static void
skip(struct attachment *a, uint64_t left)
{
    uint64_t head = a->ring.mapped == NULL ? 0 : ring_published(&a->ring);
    if (head > a->ring.k + left && head < RING_HEAD_LIMIT) {
        (void)ring_seek(&a->ring, head - left);
    }
}

PyObject *
take_skip(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    struct attachment *present = &s->cursor.present, *previous = &s->cursor.previous;
    if (attachment_ready(s) < 0) {
        return NULL;
    }
    bool is_newer = present->ring.mapped != NULL && ring_published(&present->ring) != present->ring.k;
    if (previous->file != NULL) {
        skip(previous, is_newer ? 0 : 1);
        cursor_drop_empty_previous(&s->cursor);
    }
    if (is_newer) {
        skip(present, 1);
    }
    Py_RETURN_NONE;
}

PyObject *
take_skip_each(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    skip(&s->cursor.previous, 1);
    skip(&s->cursor.present, 1);
    Py_RETURN_NONE;
}

bool
take_back(Subscriber *s, const struct cursor_mark *mark, uint64_t k)
{
    if (!cursor_return(&s->cursor, mark, k)) {
        return false;
    }
    watch_detach(s->watch);
    return true;
}
