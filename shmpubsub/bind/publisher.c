/* The publisher that Python programs hold: the ring's writer. The shim's Publisher class is derived
   from this type and adds construction, closing and everything else that is not per value. */
#include "hot.h"

#include <pthread.h>
#include <structmember.h>
#include <sys/mman.h>

#include "eventcount.h"

typedef struct Publisher {
    PyObject_HEAD
    struct shm_ring ring; /* .state NULL: closed, inherited, or not yet open */
    uint32_t *wait;
    enum shm_type type;
    bool inherited; /* the process that opened it is an ancestor of this one */
    struct shm_mapping mapping;
    PyObject *go;     /* gopy's module, while mapped */
    PyObject *handle; /* of the Go publisher in it */
    struct Publisher *next, **link; /* in open_publishers; link NULL: not in it */
    PyObject *weakrefs;
} Publisher;

/* A forked child shares the descriptor, and with it the lock, of each of its parent's publishers: if
   it kept them, a dead parent would look alive; and it could write to its parent's rings. So every
   open publisher is in this list, and the child lets go of them before fork() returns, whoever
   called fork(). The mutex keeps the list whole for a fork from a thread without the GIL. */
static Publisher *open_publishers;
static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static bool forked;

static void
before_fork(void)
{
    pthread_mutex_lock(&list_mutex);
}

static void
after_fork_in_parent(void)
{
    pthread_mutex_unlock(&list_mutex);
}

/* Only what is async-signal-safe: the parent may have had other threads. */
static void
after_fork_in_child(void)
{
    forked = true;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        close(p->mapping.fd);
        if (p->mapping.base != NULL) { /* else Go is unmapping it */
            munmap(p->mapping.base, p->mapping.size);
        }
        p->mapping = (struct shm_mapping){.fd = -1};
        p->ring.state = NULL;
        p->inherited = true;
        p->link = NULL;
    }
    open_publishers = NULL;
    pthread_mutex_unlock(&list_mutex);
}

int
shm_fork_init(void)
{
    static bool done;
    if (done) {
        return 0;
    }
    done = true;
    return pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

bool
shm_forked(void)
{
    return forked;
}

static void
list_add(Publisher *p)
{
    pthread_mutex_lock(&list_mutex);
    p->next = open_publishers;
    p->link = &open_publishers;
    if (p->next != NULL) {
        p->next->link = &p->next;
    }
    open_publishers = p;
    pthread_mutex_unlock(&list_mutex);
}

static void
list_remove_and_close(Publisher *p)
{
    pthread_mutex_lock(&list_mutex);
    if (p->link != NULL) {
        *p->link = p->next;
        if (p->next != NULL) {
            p->next->link = p->link;
        }
        p->link = NULL;
        close(p->mapping.fd);
        p->mapping.fd = -1;
    }
    pthread_mutex_unlock(&list_mutex);
}

/* Converts value to the topic's word. Where it cannot, it returns -1, with the error that the
   conversion raised or, for a value of a wrong type, with none set. */
static int
to_word(enum shm_type type, PyObject *value, uint64_t *word)
{
    double real;
    switch (type) {
    case SHM_FLOAT:
        if (PyFloat_CheckExact(value)) {
            real = PyFloat_AS_DOUBLE(value);
        }
        else {
            PyNumberMethods *number = Py_TYPE(value)->tp_as_number;
            if (number == NULL || (number->nb_float == NULL && number->nb_index == NULL)) {
                return -1;
            }
            real = PyFloat_AsDouble(value);
            if (real == -1.0 && PyErr_Occurred()) {
                return -1;
            }
        }
        memcpy(word, &real, sizeof real);
        return 0;
    case SHM_INT: {
        if (!PyIndex_Check(value)) {
            return -1;
        }
        long long number = PyLong_AsLongLong(value);
        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        *word = (uint64_t)number;
        return 0;
    }
    case SHM_BOOL:
        if (!PyBool_Check(value)) {
            return -1;
        }
        *word = value == Py_True;
        return 0;
    }
    return -1;
}

static PyObject *
refuse(Publisher *p, PyObject *value, bool overflow)
{
    return PyObject_CallMethod((PyObject *)p, "_refuse", "OO", value, overflow ? Py_True : Py_False);
}

PyDoc_STRVAR(publish_doc, "publish($self, value, /)\n--\n\n"
"Make value the topic's newest. See shm_pub_sub.Publisher.publish.");

static PyObject *
publish(Publisher *p, PyObject *value)
{
    uint64_t word;
    enum shm_type type = p->type;
    if (__builtin_expect(to_word(type, value, &word) < 0, 0)) {
        /* The shim words our errors: what was found, what is accepted. What the value's own
           __index__ or __float__ raised goes through. */
        bool overflow = PyErr_Occurred() != NULL;
        if (overflow && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return NULL;
        }
        PyErr_Clear();
        return refuse(p, value, overflow);
    }
    /* The conversion may have run any code: closed meanwhile, or made anew with another type. */
    if (__builtin_expect(p->ring.state == NULL, 0)) {
        return PyObject_CallMethod((PyObject *)p, "_unusable", NULL);
    }
    if (__builtin_expect(p->type != type, 0)) {
        return refuse(p, value, false);
    }
    ring_write(&p->ring, word, shm_now(CLOCK_MONOTONIC));
    eventcount_notify(p->wait);
    Py_RETURN_NONE;
}

/* Calls a function of gopy's module with the handle; kind is the Go type's name or "". A new
   reference or NULL. */
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
    return type == SHM_BOOL ? "BoolPublisher_" : type == SHM_INT ? "IntPublisher_" : "FloatPublisher_";
}

/* Closes the Go publisher and releases its handle, whatever error is set. Returns false with an error
   set where Close failed. */
static bool
release(PyObject *go, enum shm_type type, PyObject *handle)
{
    PyObject *closed = call_go(go, kind_of(type), "Close", handle);
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    PyObject *released = call_go(go, "", "DecRef", handle);
    PyErr_Restore(error_type, error, traceback);
    Py_XDECREF(released);
    Py_XDECREF(closed);
    return closed != NULL && released != NULL;
}

/* Takes the mapping that Go describes in text, and owns go and handle from then on. */
static bool
map(Publisher *p, PyObject *go, PyObject *handle, PyObject *text, int *replaced)
{
    unsigned long long address, size, first, stride, slots;
    int fd;
    const char *numbers = PyUnicode_AsUTF8(text);
    if (numbers == NULL) {
        return false;
    }
    if (sscanf(numbers, "%llu %llu %llu %llu %llu %d %d", &address, &size, &first, &stride, &slots, &fd, replaced) != 7) {
        PyErr_Format(PyExc_SystemError, "the Go side described a mapping as %R", text);
        return false;
    }
    p->mapping = (struct shm_mapping){.base = (void *)(uintptr_t)address, .size = size, .fd = fd};
    p->wait = (uint32_t *)((unsigned char *)p->mapping.base + SHM_WAIT_OFFSET);
    p->ring = ring_at(p->mapping.base, first, stride, slots);
    p->inherited = false;
    p->go = Py_NewRef(go);
    p->handle = Py_NewRef(handle);
    list_add(p);
    return true;
}

PyDoc_STRVAR(create_doc, "_create($self, go, make, arguments, type_tag, /)\n--\n\n"
"Call make(*arguments), a constructor of gopy's module go, and publish through what it made. Return\n"
"the process whose topic was taken over, or 0. No signal is handled between: an interrupt cannot\n"
"lose the topic.");

static PyObject *
create(Publisher *p, PyObject *args)
{
    PyObject *go, *make, *arguments;
    int type, replaced = 0;
    if (!PyArg_ParseTuple(args, "OOO!i:_create", &go, &make, &PyTuple_Type, &arguments, &type)) {
        return NULL;
    }
    if (p->ring.state != NULL) {
        PyErr_SetString(PyExc_SystemError, "_create of an open publisher");
        return NULL;
    }
    PyObject *handle = PyObject_Call(make, arguments, NULL);
    if (handle == NULL) {
        return NULL;
    }
    /* A new handle has no reference yet, and giving back one that it has not got is a panic. */
    PyObject *held = call_go(go, "", "IncRef", handle);
    if (held == NULL) {
        Py_DECREF(handle);
        return NULL;
    }
    Py_DECREF(held);
    p->type = type;
    PyObject *text = call_go(go, kind_of(type), "Mapping", handle);
    if (text == NULL || !map(p, go, handle, text, &replaced)) {
        PyObject *error_type, *error, *traceback;
        PyErr_Fetch(&error_type, &error, &traceback);
        if (!release(go, type, handle)) {
            PyErr_Clear();
        }
        PyErr_Restore(error_type, error, traceback);
        Py_XDECREF(text);
        Py_DECREF(handle);
        return NULL;
    }
    Py_DECREF(text);
    Py_DECREF(handle);
    return PyLong_FromLong(replaced);
}

/* Closes the Go publisher, whose Close unmaps, and then the lock's descriptor: together with leaving the
   list, so that a child forked at any moment knows just those descriptors that are open. Returns 1, 0
   where there was nothing to close, or -1 with an error set. */
static int
end(Publisher *p)
{
    if (p->ring.state == NULL) {
        return 0;
    }
    /* Go's runs without the GIL: nobody may publish any more by then, nor end it a second time. */
    p->ring.state = NULL;
    p->mapping.base = NULL;
    PyObject *go = p->go, *handle = p->handle;
    p->go = p->handle = NULL;
    bool closed = release(go, p->type, handle);
    Py_DECREF(go);
    Py_DECREF(handle);
    list_remove_and_close(p);
    return closed ? 1 : -1;
}

PyDoc_STRVAR(end_doc, "_end($self, /)\n--\n\n"
"Close it if it is open. No signal is handled on the way: an interrupt comes before or after.");

static PyObject *
end_(Publisher *p, PyObject *Py_UNUSED(ignored))
{
    return end(p) < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
shm_publishers(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    /* Under the GIL nobody but a forking child changes the list. Appending may collect garbage, and with
       it a publisher: so first the references, then the list. */
    Py_ssize_t n = 0;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        n++;
    }
    PyObject **found = list == NULL ? NULL : PyMem_New(PyObject *, n + 1);
    if (found == NULL) {
        Py_XDECREF(list);
        return PyErr_NoMemory();
    }
    n = 0;
    for (Publisher *p = open_publishers; p != NULL; p = p->next) {
        if (Py_REFCNT(p) > 0) { /* else it is being deallocated */
            found[n++] = Py_NewRef((PyObject *)p);
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (list != NULL && PyList_Append(list, found[i]) < 0) {
            Py_CLEAR(list);
        }
        Py_DECREF(found[i]);
    }
    PyMem_Free(found);
    return list;
}

static PyObject *
get_mapped(Publisher *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(p->ring.state != NULL);
}

static PyObject *
get_inherited(Publisher *p, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(p->inherited);
}

static void
dealloc(Publisher *p)
{
    PyTypeObject *type = Py_TYPE(p);
    if (p->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)p);
    }
    /* Here and not in a __del__ of the shim's, in which an interrupt would be swallowed. */
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    if (end(p) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    PyErr_Restore(error_type, error, traceback);
    Py_XDECREF(p->go); /* an inherited one's */
    Py_XDECREF(p->handle);
    type->tp_free((PyObject *)p);
    Py_DECREF(type);
}

static PyObject *
new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Publisher *p = (Publisher *)type->tp_alloc(type, 0);
    if (p != NULL) {
        p->mapping.fd = -1;
    }
    return (PyObject *)p;
}

static PyMethodDef methods[] = {
    {"publish", (PyCFunction)publish, METH_O, publish_doc},
    {"_create", (PyCFunction)create, METH_VARARGS, create_doc},
    {"_end", (PyCFunction)end_, METH_NOARGS, end_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"_mapped", (getter)get_mapped, NULL, "Whether publish works.", NULL},
    {"_inherited", (getter)get_inherited, NULL, "Whether an ancestor process opened it.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Publisher, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {0, NULL},
};

PyType_Spec shm_publisher_spec = {
    .name = "shm_pub_sub._hot.Publisher",
    .basicsize = sizeof(Publisher),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
