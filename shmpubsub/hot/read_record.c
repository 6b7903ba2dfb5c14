#include "read_record.h"

#include "copy_payload.h"
#include "view.h"

/* Finds the bytes, and what keeps them in place: the payload, its pin in g->holder, or a copy: *copy, to be freed.
   Returns as read_record. */
static int
find_bytes(struct get *g, const Record *r, struct payload *p, bool views, const char **bytes, char **copy)
{
    bool in_file = p->hold.file != NULL;
    *bytes = (const char *)p->data;
    *copy = NULL;
    if (in_file && views && r->views) {
        g->shared = may_stay(p);
        return view_hold(p, g->shared, &g->holder, bytes);
    }
    g->shared = in_file;
    if (payload_is_kept(p)) {
        return 1;
    }
    *bytes = *copy = PyMem_RawMalloc(p->length + 1);
    if (*copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    g->shared = false;
    return copy_payload(p, *copy);
}

int
read_record(Subscriber *s, const struct value_type *t, struct payload *p, Py_ssize_t n, bool views, PyObject **object)
{
    const Record *r = record_of(t);
    struct get g = {.subscriber = (PyObject *)s, .writable = s->copy};
    const char *bytes;
    char *copy;
    int made = find_bytes(&g, r, p, views, &bytes, &copy);
    if (made > 0) {
        *object = t->tag == SHM_RECORD ? record_get(&g, r, bytes)
                  : t->tag == SHM_LIST ? record_get_list(&g, r, n, bytes) : record_get_lists(&g, t, n, bytes);
        made = *object != NULL ? 1 : get_refuse(&g);
        s->copied += made > 0 && !s->copy && g.holder != NULL && !g.shared;
    }
    Py_XDECREF(g.holder);
    PyMem_RawFree(copy);
    return made;
}
