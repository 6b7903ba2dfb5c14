/* The subscriber that Python programs hold: the ring's reader. The shim's Subscriber class is
   derived from this type; its _attach opens the topic through Go and hands over the mapping, which
   is this object's from then on. Nothing here enters Go, so it all works in a forked child. */
#include "hot.h"

#include <errno.h>
#include <fcntl.h>
#include <structmember.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a killed publisher may look alive, ns; the promise is 100 ms and the coarse clock ticks
   every 10 ms at worst. */
#define CHECK_EVERY 85000000u

#define OWNER_BYTE 0 /* internal/segment/lock.go */

typedef struct {
    PyObject_HEAD
    struct shm_ring ring; /* .state NULL: nothing to read here, look at the name */
    uint64_t check_at;    /* when to ask after the publisher, CLOCK_MONOTONIC_COARSE ns */
    enum shm_type type;
    bool retain;     /* the file's values outlive its publisher */
    uint64_t max_age; /* ns; 0: none */
    PyObject *missing; /* (default, False) */
    PyObject *last;    /* what was last returned with True: most polls find the same value again */
    uint64_t last_k;   /* its number; 0: none */
    uint64_t last_time;
    PyObject *path;    /* of the topic's file, bytes; NULL: closed or not yet open */
    /* The file last attached to stays mapped when its publisher has died or its name has moved on: its inode
       number, by which its successor is told from it, cannot be used again until then. */
    struct shm_mapping mapping;
    dev_t dev;
    ino_t ino;
    PyObject *weakrefs;
} Subscriber;

static void
let_go(Subscriber *s)
{
    s->ring.state = NULL;
    s->last_k = 0;
    if (s->mapping.base != NULL) {
        munmap(s->mapping.base, s->mapping.size);
        close(s->mapping.fd);
    }
    s->mapping = (struct shm_mapping){.fd = -1};
}

enum name { NAME_ABSENT, NAME_SAME, NAME_OTHER };

/* What the topic's name points at, compared with the file last attached to. */
static enum name
look_up(Subscriber *s)
{
    struct stat st;
    if (lstat(PyBytes_AS_STRING(s->path), &st) != 0) {
        /* Anything but absence is for _attach to explain. */
        return errno == ENOENT ? NAME_ABSENT : NAME_OTHER;
    }
    bool same = s->mapping.base != NULL && st.st_dev == s->dev && st.st_ino == s->ino;
    return same ? NAME_SAME : NAME_OTHER;
}

static bool
publisher_holds_lock(Subscriber *s)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = OWNER_BYTE, .l_len = 1};
    return fcntl(s->mapping.fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Asks the kernel whether the file may still be read. A retained one may also without its publisher, as long
   as the name points at it. */
static bool
check(Subscriber *s, uint64_t now)
{
    s->check_at = now + CHECK_EVERY;
    return publisher_holds_lock(s) || (s->retain && look_up(s) == NAME_SAME);
}

/* Looks for something to read where there is nothing: 1 found, 0 not, -1 an error is set. */
static int
reattach(Subscriber *s)
{
    if (s->path != NULL) {
        switch (look_up(s)) {
        case NAME_ABSENT:
            let_go(s);
            return 0;
        case NAME_SAME:
            return 0; /* the same dead file */
        case NAME_OTHER:
            break;
        }
    }
    /* Runs Python: another thread may close s meanwhile, or attach it as well. */
    PyObject *result = PyObject_CallMethod((PyObject *)s, "_attach", NULL);
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    if (s->path == NULL) {
        return reattach(s); /* closed meanwhile: now _attach says so */
    }
    return s->ring.state != NULL;
}

static PyObject *
to_object(enum shm_type type, uint64_t word)
{
    double real;
    switch (type) {
    case SHM_FLOAT:
        memcpy(&real, &word, sizeof real);
        return PyFloat_FromDouble(real);
    case SHM_INT:
        return PyLong_FromLongLong((long long)word);
    case SHM_BOOL:
        return PyBool_FromLong((word & 0xff) != 0);
    }
    Py_UNREACHABLE();
}

/* Makes s->last the pair (value, True) of value number k, and takes the reference to value. If the caller has dropped the
   pair it was given before, as `value, ok = ...` does at once, that pair is used again, in the manner
   of zip(). Returns false with an error set. */
static bool
remember(Subscriber *s, PyObject *value, uint64_t k, uint64_t time)
{
    if (s->last != NULL && Py_REFCNT(s->last) == 1) {
        PyObject *old = PyTuple_GET_ITEM(s->last, 0);
        PyTuple_SET_ITEM(s->last, 0, value);
        Py_DECREF(old);
#if PY_VERSION_HEX >= 0x030e0000
        ((PyTupleObject *)s->last)->ob_hash = -1; /* somebody may have asked for it */
#endif
    }
    else {
        PyObject *pair = PyTuple_New(2);
        if (pair == NULL) {
            Py_DECREF(value);
            return false;
        }
        PyTuple_SET_ITEM(pair, 0, value);
        PyTuple_SET_ITEM(pair, 1, Py_NewRef(Py_True));
        Py_XSETREF(s->last, pair);
    }
    s->last_k = k;
    s->last_time = time;
    return true;
}

static PyObject *
newest(Subscriber *s)
{
    /* A value never changes once it is published: the same head is the same value. */
    uint64_t head = __atomic_load_n(&s->ring.state->head, __ATOMIC_ACQUIRE);
    if (head != s->last_k || head == 0) {
        uint64_t word, time;
        switch (ring_newest(&s->ring, &word, &time)) {
        case RING_CORRUPT:
            return PyObject_CallMethod((PyObject *)s, "_corrupt", NULL);
        case RING_EMPTY:
            return Py_NewRef(s->missing);
        case RING_OK:
            break;
        }
        /* Now: making objects may collect garbage, and a finalizer may read from s. */
        uint64_t k = s->ring.k;
        PyObject *value = to_object(s->type, word);
        if (value == NULL || !remember(s, value, k, time)) {
            return NULL;
        }
    }
    if (s->max_age != 0) {
        uint64_t now = shm_now(CLOCK_MONOTONIC);
        /* A publisher's clock may be a little ahead of the one just read. */
        if (now > s->last_time && now - s->last_time > s->max_age) {
            return Py_NewRef(s->missing);
        }
    }
    return Py_NewRef(s->last);
}

PyDoc_STRVAR(subscribe_doc, "subscribe($self, /)\n--\n\n"
"Return (newest value, True), or (default, False). See shm_pub_sub.Subscriber.subscribe.");

static PyObject *
subscribe(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    for (;;) {
        if (__builtin_expect(s->ring.state == NULL, 0)) {
            int found = reattach(s);
            if (found <= 0) {
                return found < 0 ? NULL : Py_NewRef(s->missing);
            }
        }
        if (__builtin_expect(!__atomic_load_n(&s->ring.state->retired, __ATOMIC_ACQUIRE), 1)) {
            uint64_t now = shm_now(CLOCK_MONOTONIC_COARSE);
            if (__builtin_expect(now < s->check_at, 1) || check(s, now)) {
                return newest(s);
            }
        }
        s->ring.state = NULL;
    }
}

PyDoc_STRVAR(open_doc, "_open($self, path, type_tag, missing, max_age, /)\n--\n\n"
"Set up: the file's path (bytes), the type, what to return without a value, and the age limit in ns or 0.");

static PyObject *
open_(Subscriber *s, PyObject *args)
{
    PyObject *path, *missing;
    int type;
    unsigned long long max_age;
    if (!PyArg_ParseTuple(args, "SiO!K:_open", &path, &type, &PyTuple_Type, &missing, &max_age)) {
        return NULL;
    }
    let_go(s);
    s->type = type;
    s->max_age = max_age;
    Py_XSETREF(s->path, Py_NewRef(path));
    Py_XSETREF(s->missing, Py_NewRef(missing));
    Py_RETURN_NONE;
}

/* Takes over the mapping that Go describes in text. A dead file's is kept only to know its successor. */
static bool
map(Subscriber *s, PyObject *text, int *dead, int *pid, int *depth)
{
    unsigned long long address, size, first, stride, slots;
    int fd, retain;
    const char *numbers = PyUnicode_AsUTF8(text);
    if (numbers == NULL) {
        return false;
    }
    if (sscanf(numbers, "%llu %llu %llu %llu %llu %d %d %d %d %d", &address, &size, &first, &stride, &slots,
               &fd, &retain, dead, pid, depth) != 10) {
        PyErr_Format(PyExc_SystemError, "the Go side described a mapping as %R", text);
        return false;
    }
    let_go(s);
    s->mapping = (struct shm_mapping){.base = (void *)(uintptr_t)address, .size = size, .fd = fd};
    struct stat st;
    if (s->path == NULL || fstat(fd, &st) != 0) {
        let_go(s); /* closed by another thread meanwhile */
        return true;
    }
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    s->retain = retain;
    if (!*dead) {
        s->ring = ring_at(s->mapping.base, first, stride, slots);
        s->check_at = shm_now(CLOCK_MONOTONIC_COARSE) + CHECK_EVERY;
    }
    return true;
}

PyDoc_STRVAR(map_doc, "_map($self, attach, directory, name, type, /)\n--\n\n"
"Call attach(directory, name, type), gopy's, and read from what it found. Return (dead, pid, depth),\n"
"or None where there is nothing. No signal is handled between: an interrupt cannot leak the mapping.");

static PyObject *
map_(Subscriber *s, PyObject *args)
{
    PyObject *attach, *directory, *name, *type;
    if (!PyArg_ParseTuple(args, "OOOO:_map", &attach, &directory, &name, &type)) {
        return NULL;
    }
    PyObject *text = PyObject_CallFunctionObjArgs(attach, directory, name, type, NULL);
    if (text == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(text) || PyUnicode_GET_LENGTH(text) == 0) {
        Py_DECREF(text);
        Py_RETURN_NONE;
    }
    int dead = 0, pid = 0, depth = 0;
    bool mapped = map(s, text, &dead, &pid, &depth);
    Py_DECREF(text);
    return mapped ? Py_BuildValue("(Oii)", dead ? Py_True : Py_False, pid, depth) : NULL;
}

PyDoc_STRVAR(close_doc, "_close($self, /)\n--\n\nUnmap. Return whether it was open.");

static PyObject *
close_(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    bool was = s->path != NULL;
    let_go(s);
    Py_CLEAR(s->path);
    return PyBool_FromLong(was);
}

PyDoc_STRVAR(alive_doc, "_alive($self, /)\n--\n\n"
"Look at the name where need be, then whether the publisher holds its lock now: a system call.");

static PyObject *
alive(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    if (s->ring.state != NULL && __atomic_load_n(&s->ring.state->retired, __ATOMIC_ACQUIRE)) {
        s->ring.state = NULL;
    }
    if (s->ring.state == NULL && reattach(s) < 0) {
        return NULL;
    }
    return PyBool_FromLong(s->ring.state != NULL && publisher_holds_lock(s));
}

static PyObject *
get_mapped(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->ring.state != NULL);
}

static PyObject *
get_open(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->path != NULL);
}

static void
dealloc(Subscriber *s)
{
    PyTypeObject *type = Py_TYPE(s);
    if (s->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)s);
    }
    let_go(s);
    Py_XDECREF(s->path);
    Py_XDECREF(s->missing);
    Py_XDECREF(s->last);
    type->tp_free((PyObject *)s);
    Py_DECREF(type);
}

static PyObject *
new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Subscriber *s = (Subscriber *)type->tp_alloc(type, 0);
    if (s != NULL) {
        s->mapping.fd = -1;
    }
    return (PyObject *)s;
}

static PyMethodDef methods[] = {
    {"subscribe", (PyCFunction)subscribe, METH_NOARGS, subscribe_doc},
    {"_open", (PyCFunction)open_, METH_VARARGS, open_doc},
    {"_map", (PyCFunction)map_, METH_VARARGS, map_doc},
    {"_close", (PyCFunction)close_, METH_NOARGS, close_doc},
    {"_alive", (PyCFunction)alive, METH_NOARGS, alive_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"_mapped", (getter)get_mapped, NULL, "Whether there is something to read.", NULL},
    {"_is_open", (getter)get_open, NULL, "Whether subscribe works.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Subscriber, weakrefs), READONLY, NULL},
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

PyType_Spec shm_subscriber_spec = {
    .name = "shm_pub_sub._hot.Subscriber",
    .basicsize = sizeof(Subscriber),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
