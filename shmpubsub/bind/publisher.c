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
        munmap(p->mapping.base, p->mapping.size);
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
list_remove(Publisher *p)
{
    pthread_mutex_lock(&list_mutex);
    if (p->link != NULL) {
        *p->link = p->next;
        if (p->next != NULL) {
            p->next->link = p->link;
        }
        p->link = NULL;
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

PyDoc_STRVAR(map_doc, "_map($self, address, size, first, stride, slots, fd, type_tag, /)\n--\n\n"
"Publish through a mapping that Go made and will unmap.");

static PyObject *
map(Publisher *p, PyObject *args)
{
    unsigned long long address, size, first, stride, slots;
    int fd, type;
    if (!PyArg_ParseTuple(args, "KKKKKii:_map", &address, &size, &first, &stride, &slots, &fd, &type)) {
        return NULL;
    }
    p->mapping = (struct shm_mapping){.base = (void *)(uintptr_t)address, .size = size, .fd = fd};
    p->type = type;
    p->wait = (uint32_t *)((unsigned char *)p->mapping.base + SHM_WAIT_OFFSET);
    p->ring = ring_at(p->mapping.base, first, stride, slots);
    p->inherited = false;
    list_add(p);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(unmap_doc, "_unmap($self, /)\n--\n\n"
"Forget the mapping, and return whether there was one: then Go's Close is due.");

static PyObject *
unmap(Publisher *p, PyObject *Py_UNUSED(ignored))
{
    bool was = p->ring.state != NULL;
    list_remove(p);
    p->ring.state = NULL;
    p->mapping = (struct shm_mapping){.fd = -1};
    return PyBool_FromLong(was);
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
    list_remove(p);
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
    {"_map", (PyCFunction)map, METH_VARARGS, map_doc},
    {"_unmap", (PyCFunction)unmap, METH_NOARGS, unmap_doc},
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
