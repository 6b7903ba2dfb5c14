#include "lifetime.h"

#include "arguments.h"
#include "mapping_text.h"
#include "raised.h"
#include "record.h"
#include "registry.h"
#include "writer.h"

/* Calls a function of gopy's module with the handle; kind is the Go type's name or "". Returns a new reference or
   NULL. */
static PyObject *
call_go(PyObject *go, const char *kind, const char *function, PyObject *handle)
{
    PyObject *name = PyUnicode_FromFormat("%s%s%s", *kind ? "bind_" : "", kind, function);
    PyObject *result = name == NULL ? NULL : PyObject_CallMethodObjArgs(go, name, handle, NULL);
    Py_XDECREF(name);
    return result;
}

static const char *
kind_of(enum shm_type type)
{
    switch (type) {
    case SHM_BOOL:
        return "BoolPublisher_";
    case SHM_INT:
        return "IntPublisher_";
    case SHM_FLOAT:
        return "FloatPublisher_";
    default:
        return "PayloadPublisher_";
    }
}

/* Closes the Go publisher and releases its handle; an error may be set already. Returns false with an error set if
   Close failed. */
static bool
release(PyObject *go, enum shm_type type, PyObject *handle)
{
    PyObject *closed = call_go(go, kind_of(type), "Close", handle);
    struct raised raised = put_aside();
    PyObject *released = call_go(go, "", "DecRef", handle);
    put_back(raised);
    Py_XDECREF(released);
    Py_XDECREF(closed);
    return closed != NULL && released != NULL;
}

/* Takes over the pool's mapping, if there is one. NULL for bool, int and float. Returns false with an error set. */
static bool
open_writer(Publisher *p, const struct published *m, const struct ring *ring, PyObject *record, struct writer **writer)
{
    *writer = NULL;
    if (p->type <= SHM_FLOAT) {
        return true;
    }
    const struct geometry *g = &m->geometry;
    struct value_type type;
    if (m->tag != p->type || !value_type_parse(&type, m->type_line) || type.tag != m->tag ||
        type.size != g->elem_size || (m->pool == NULL && type.size > SHM_INLINE_LIMIT)) {
        PyErr_Format(PyExc_SystemError, "the Go side described a mapping with the type %s", m->type_line);
        return false;
    }
    if (record_bind(&type, record) < 0) {
        return false;
    }
    struct pool pool = {m->pool, g->chunk_stride, g->elem_size, g->chunks, g->views};
    uint64_t *table = (uint64_t *)((unsigned char *)m->page0 + SHM_PINS_OFFSET);
    *writer = writer_open(&type, ring, &pool, m->pool_size, table, g->loans);
    if (*writer == NULL) {
        record_unbind(&type);
    }
    return *writer != NULL;
}

/* Takes over the mapping that Go describes in text, with go and handle. *facts: what _create returns. */
static bool
map(Publisher *p, PyObject *go, PyObject *handle, PyObject *text, PyObject *record, PyObject **facts)
{
    struct published m = {0};
    if (!parse_published(text, &m)) {
        return false;
    }
    *facts = Py_BuildValue("li", m.replaced, m.carried);
    if (*facts == NULL) {
        return false;
    }
    struct ring ring = ring_at(m.mapping.base, m.geometry.first, m.geometry.stride, m.geometry.slots);
    struct writer *writer, *old_writer = p->writer;
    if (!open_writer(p, &m, &ring, record, &writer)) {
        Py_DECREF(*facts);
        return false;
    }
    p->wait = (uint32_t *)((unsigned char *)m.page0 + SHM_WAIT_OFFSET);
    p->ring = ring;
    p->writer = writer;
    if (old_writer != NULL) { /* an inherited one's */
        writer_release(old_writer);
    }
    p->inherited = false;
    at_exit_remove(p->at_exit);
    p->at_exit = NULL;
    PyObject *old_go = p->go, *old_handle = p->handle; /* an inherited one's, its parent's */
    p->go = Py_NewRef(go);
    p->handle = Py_NewRef(handle);
    Py_XDECREF(old_go); /* last: it may run code that uses p */
    Py_XDECREF(old_handle);
    return true;
}

/* Calls make(*arguments), a constructor of gopy's module go, and publishes through what it made. Returns a new
   reference or NULL. */
static PyObject *
create(Publisher *p, PyObject *go, PyObject *make, PyObject *arguments, enum shm_type type, PyObject *path,
       PyObject *record)
{
    PyObject *facts;
    PyObject *handle = PyObject_Call(make, arguments, NULL);
    if (handle == NULL) {
        return NULL;
    }
    /* A new handle has no reference yet, and dropping one that it does not have is a panic. */
    PyObject *held = call_go(go, "", "IncRef", handle);
    if (held == NULL) {
        /* Out of memory. Nobody gets the handle: without this the topic would stay taken. */
        struct raised raised = put_aside();
        Py_XDECREF(call_go(go, kind_of(type), "Close", handle));
        put_back(raised);
        Py_DECREF(handle);
        return NULL;
    }
    Py_DECREF(held);
    p->type = type;
    PyObject *text = call_go(go, kind_of(type), "Mapping", handle);
    if (text == NULL || !map(p, go, handle, text, record, &facts)) {
        struct raised raised = put_aside();
        if (!release(go, type, handle)) {
            PyErr_Clear();
        }
        put_back(raised);
        Py_XDECREF(text);
        Py_DECREF(handle);
        return NULL;
    }
    Py_DECREF(text);
    Py_DECREF(handle);
    if (path != NULL && PyBytes_Check(path) && p->ring.mapped != NULL) {
        p->at_exit = at_exit_add(PyBytes_AS_STRING(path), p->ring.mapped, p->wait);
    }
    return facts;
}

/* The publisher is in the list before check() is called, if it is given, and before it is opened: code that closes all
   of them at the process's end, and has made check() raise, finds it there. path, bytes, is removed if the process
   exits without ending Python; a retained topic has none. */
PyObject *
publisher_create(Publisher *p, PyObject *args)
{
    PyObject *go, *make, *arguments, *check = NULL, *path = NULL, *record = Py_None;
    int tag, gives_numpy = true;
    enum shm_type type;
    if (!PyArg_ParseTuple(args, "OOO!i|OOpO:_create", &go, &make, &PyTuple_Type, &arguments, &tag, &check, &path,
                          &gives_numpy, &record) ||
        !type_from_tag(tag, &type)) {
        return NULL;
    }
    if (p->ring.mapped != NULL || p->link != NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "exists\nShared memory already exists: found this publisher open, or being opened or "
                        "closed by another thread; expected it closed; make a new one");
        return NULL;
    }
    p->gives_numpy = gives_numpy;
    PyObject *old = p->topic;
    p->topic = Py_NewRef(arguments);
    p->maker = PyThread_get_thread_ident();
    registry_add(p);
    Py_XDECREF(old); /* last: it may run code that uses p */
    PyObject *checked = check == NULL ? Py_NewRef(Py_None) : PyObject_CallNoArgs(check);
    PyObject *facts = checked == NULL ? NULL : create(p, go, make, arguments, type, path, record);
    Py_XDECREF(checked);
    p->maker = 0;
    if (facts == NULL && p->ring.mapped == NULL) {
        registry_remove(p);
    }
    return facts;
}

int
publisher_end(Publisher *p)
{
    if (p->ring.mapped == NULL) {
        return 0;
    }
    /* Go's part runs without the GIL: from here on nobody may publish or end it a second time. */
    p->ring.mapped = NULL;
    at_exit_remove(p->at_exit);
    p->at_exit = NULL;
    PyObject *go = p->go, *handle = p->handle;
    p->go = p->handle = NULL;
    struct writer *writer = p->writer;
    p->writer = NULL;
    bool closed = release(go, p->type, handle);
    if (writer != NULL) {
        writer_release(writer);
    }
    Py_DECREF(go);
    Py_DECREF(handle);
    registry_remove(p);
    return closed ? 1 : -1;
}
