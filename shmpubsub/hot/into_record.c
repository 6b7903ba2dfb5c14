#include "into_record.h"

#include "record_get.h"
#include "view.h"

bool
into_is_record(const struct value_type *t)
{
    return t->tag == SHM_RECORD && record_of(t)->how != RECORD_NUMPY;
}

int
into_record_views(Subscriber *s, PyObject *record, struct payload *p, PyObject **object)
{
    struct get g = {.subscriber = (PyObject *)s, .writable = true, .filling = true};
    const char *bytes = (const char *)p->data;
    if (p->hold.file != NULL) {
        g.shared = payload_is_kept(p);
        int held = view_hold(p, g.shared, &g.holder, &bytes);
        if (held <= 0) {
            return held;
        }
    }
    *object = record_get(&g, (const Record *)record, bytes);
    int made = *object != NULL ? 1 : get_refuse(&g);
    Py_XDECREF(g.holder);
    return made;
}

int
into_record(Subscriber *s, const struct value_type *t, struct payload *p, PyObject *into, PyObject **object)
{
    PyObject *codec = PyObject_CallMethod((PyObject *)s, "_into_codec", "(O)", t->record), *value = NULL;
    struct value_type type = *t;
    if (codec == NULL || record_bind(&type, codec) < 0) {
        Py_XDECREF(codec);
        return -1;
    }
    Py_DECREF(codec);
    int made = into_record_views(s, type.record, p, &value);
    record_unbind(&type);
    if (made > 0) {
        *object = PyObject_CallMethod((PyObject *)s, "_fill_record", "OOO", t->record, into, value);
        Py_DECREF(value);
        made = *object != NULL ? 1 : -1;
    }
    return made;
}
