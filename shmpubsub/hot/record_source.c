#include "record_source.h"

#include "record_gaps.h"
#include "refuse.h"

/* Raises for a value that does not fit, in the shim's words. What its own code raised passes through. */
static enum fit
refuse(Publisher *p, const struct writer *w, struct put *u, enum fit fit, PyObject *value, Py_ssize_t position)
{
    if (fit != RAISED && writer_is_open(p, w)) { /* the shim knows the type that p has now */
        if (u->path == NULL) {
            refuse_value(p, value, u->overflow, position);
        }
        else if (fit == TOO_LONG) {
            refuse_field_length(p, u->path, u->length, position);
        }
        else {
            refuse_field(p, u->path, u->culprit, u->overflow, position);
        }
    }
    put_release(u);
    return RAISED;
}

/* Where the bytes of n records go. */
static bool
make_room(struct put *u, const Record *r, size_t n, struct source *s)
{
    if (record_is_small(r)) {
        u->bytes = s->made = PyMem_RawCalloc(n, r->size); /* not NULL for none */
        s->from.data = s->made;
        if (s->made == NULL) {
            PyErr_NoMemory();
        }
        return s->made != NULL;
    }
    u->image = s->image = image_new();
    return s->image != NULL;
}

enum fit
record_source(Publisher *p, const struct writer *w, PyObject *value, Py_ssize_t position, struct source *s)
{
    const struct value_type *t = &w->type;
    const Record *r = record_of(t);
    struct put u = {0};
    Py_ssize_t n = 1;
    if (t->tag == SHM_LIST) {
        if (!PyList_Check(value)) {
            return WRONG;
        }
        n = PyList_GET_SIZE(value);
        s->length = (size_t)n * r->size;
        if (n > t->shape[0]) {
            return TOO_LONG;
        }
    }
    if (!make_room(&u, r, (size_t)n, s)) {
        return RAISED;
    }
    enum fit fit = t->tag == SHM_LIST ? record_put_list(&u, r, value, &n, 0) : record_put(&u, r, value, 0);
    s->length = (size_t)n * r->size;
    return fit == FITS ? FITS : refuse(p, w, &u, fit, value, position);
}

enum fit
record_words(Publisher *p, const struct writer *w, PyObject *value, char *to)
{
    struct put u = {.bytes = to};
    enum fit fit = record_put(&u, record_of(&w->type), value, 0);
    return __builtin_expect(fit == FITS, 1) ? FITS : refuse(p, w, &u, fit, value, -1);
}

int
record_into(Publisher *p, const struct writer *w, const Record *r, PyObject *value, char *memory)
{
    struct put u = {.image = image_new()};
    if (u.image == NULL) {
        return -1;
    }
    enum fit fit = record_put(&u, r, value, 0);
    int done = fit == FITS ? 0 : -1;
    if (fit != FITS) {
        refuse(p, w, &u, fit, value, -1);
    }
    else if (image_detach(u.image, memory, r->size) < 0 || image_copy(u.image, memory) < 0) {
        done = -1;
    }
    else {
        record_clear_gaps(r, memory, 1);
    }
    image_free(u.image);
    return done;
}
