/* Which file a subscriber reads, and when it looks for another. Go opens and validates it, by way of
   the shim and gopy's module; the mapping is this object's from then on, so that reading, looking and
   closing work in a forked child. */
#include "subscriber.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../protocol/owner.h"

/* Nothing is read from the present file any more. It stays mapped: its inode number, by which its successor is
   told from it, cannot be used again until then. */
static void
leave(Subscriber *s)
{
    s->last_k = 0;
    s->generation++;
    file_abandon(s->file);
    fileno_detach(s);
    stream_leave(s);
    s->file->ring.state = NULL;
    s->ring = (struct shm_ring){0};
}

void
attachment_let_go(Subscriber *s)
{
    if (s->file != NULL) {
        leave(s);
        file_release(s->file);
        s->file = NULL;
    }
}

enum name { NAME_ABSENT, NAME_SAME, NAME_REOPEN, NAME_STRANGE, NAME_OTHER };

/* What the topic's name points at, compared with the file last attached to. */
static enum name
look_up(Subscriber *s, struct shm_identity *found)
{
    struct stat st;
    if (lstat(PyBytes_AS_STRING(s->path), &st) != 0) {
        /* Anything but absence is for _attach to explain. */
        return errno == ENOENT ? NAME_ABSENT : NAME_OTHER;
    }
    *found = identity_of(&st);
    if (s->strange.ino != 0 && identity_same(found, &s->strange) &&
        shm_now(CLOCK_MONOTONIC_COARSE) - s->strange_at < CHECK_EVERY) {
        return NAME_STRANGE;
    }
    if (s->file == NULL || st.st_dev != s->file->dev || st.st_ino != s->file->ino) {
        return NAME_OTHER;
    }
    return s->file->reopen ? NAME_REOPEN : NAME_SAME;
}

/* 1 yes, 0 no, -1 the descriptor is not ours any more. */
static int
ask_for_lock(const Subscriber *s)
{
    return owner_lives(s->file->mapping.fd, s->file->dev, s->file->ino);
}

bool
attachment_publisher_lives(Subscriber *s)
{
    return ask_for_lock(s) == 1;
}

/* Asks the kernel whether the file may still be read. A retained one may also without its publisher, as long
   as the name points at it. */
bool
attachment_check(Subscriber *s, uint64_t now)
{
    s->checked_at = now;
    int lives = ask_for_lock(s);
    if (lives < 0) {
        s->file->reopen = true;
        return false;
    }
    struct shm_identity found;
    return lives || (s->file->retain && look_up(s, &found) == NAME_SAME);
}

/* Says that s was closed, or set up again, while something was done for an earlier life. */
static void *
say_over(Subscriber *s)
{
    const char *method = s->path == NULL ? "_say_closed" : "_say_set_up_again";
    return shm_raised(PyObject_CallMethod((PyObject *)s, method, NULL));
}

/* Looks for something to read where there is nothing: 1 found, 0 not, -1 an error is set. */
int
attachment_renew(Subscriber *s)
{
    for (uint64_t life = s->lives;;) {
        struct shm_identity found = {0};
        uint64_t asked_at = shm_now(CLOCK_MONOTONIC_COARSE);
        if (s->path != NULL) {
            switch (look_up(s, &found)) {
            case NAME_ABSENT:
                s->strange = (struct shm_identity){0};
                attachment_let_go(s);
                return 0;
            case NAME_STRANGE: /* the same stranger's */
                attachment_let_go(s);
                return 0;
            case NAME_SAME: /* and dead */
                if (s->file->ring.state != NULL) {
                    leave(s);
                }
                return 0;
            case NAME_REOPEN:
                break;
            case NAME_OTHER:
                attachment_let_go(s);
                break;
            }
        }
        uint64_t generation = s->generation;
        /* Runs Python: another thread may close s meanwhile, set it up again, or attach it as well. */
        PyObject *result = PyObject_CallMethod((PyObject *)s, "_attach", NULL);
        if (result == NULL) {
            return -1;
        }
        bool something = result == Py_True, strange = result == Py_None;
        Py_DECREF(result);
        if (s->path == NULL || s->lives != life) {
            say_over(s);
            return -1;
        }
        if (s->ring.state != NULL) {
            return 1;
        }
        if (strange && s->generation == generation) {
            attachment_let_go(s);
            /* Of what was seen before it was judged: was it another one, that one has left the name. */
            s->strange = found;
            s->strange_at = asked_at;
        }
        if (!something) {
            return 0;
        }
        /* There was a publisher, but another thread has moved s on since: look again. */
    }
}

/* What Go says of a file that it has opened and mapped. */
struct found {
    struct shm_mapping mapping;
    unsigned long long first, stride, slots;
    int retain, dead;
    long pid, depth; /* a header's may be beyond an int */
};

static bool
parse(PyObject *text, struct found *f)
{
    unsigned long long address, size;
    const char *numbers = PyUnicode_AsUTF8(text);
    if (numbers == NULL) {
        return false;
    }
    if (sscanf(numbers, "%llu %llu %llu %llu %llu %d %d %d %ld %ld", &address, &size, &f->first, &f->stride, &f->slots,
               &f->mapping.fd, &f->retain, &f->dead, &f->pid, &f->depth) != 10) {
        PyErr_Format(PyExc_SystemError, "the Go side described a mapping as %R", text);
        return false;
    }
    f->mapping.base = (void *)(uintptr_t)address;
    f->mapping.size = size;
    if (!shm_mapping_is_sound(&f->mapping, f->first, f->stride, f->slots)) {
        PyErr_Format(PyExc_SystemError, "the Go side described a mapping that is none: %R", text);
        return false;
    }
    return true;
}

/* Lets go of the present mapping for another one of the same file. */
static void
replace(Subscriber *s, const struct shm_file *file)
{
    file_abandon(s->file);
    fileno_detach(s);
    stream_reopen(s, file);
    file_release(s->file);
}

/* Reads from the file that was found, having asked after its publisher since asked_at. A dead one's is kept
   only to know its successor. Returns false with an error set where there is no memory. */
static bool
take(Subscriber *s, const struct found *f, uint64_t asked_at)
{
    struct shm_file *file = file_open(&f->mapping);
    if (file == NULL) {
        return false;
    }
    file->retain = f->retain;
    if (!f->dead) {
        file->ring = ring_at(file->mapping.base, f->first, f->stride, f->slots);
    }
    /* The same file once more: its values are those that were there before. */
    bool again = s->file != NULL && s->file->ring.state != NULL && !f->dead && s->file->dev == file->dev &&
                 s->file->ino == file->ino;
    if (again) {
        replace(s, file);
    }
    else {
        attachment_let_go(s);
    }
    s->generation++;
    s->file = file;
    s->ring = file->ring;
    s->depth = f->depth;
    s->checked_at = asked_at;
    s->strange = (struct shm_identity){0};
    if (!again) {
        stream_enter(s);
    }
    if (!s->joined) {
        stream_join(s);
    }
    return true;
}

/* close() and a new __init__ may come at any moment before s is looked at here, and while Go works, which is without
   the GIL: by another thread, or before that by a signal handler. So both looks are here, in one step with what
   follows from them. */
PyObject *
attachment_map(Subscriber *s, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) < 2) {
        PyErr_SetString(PyExc_TypeError, "_map: expected a life and a function");
        return NULL;
    }
    unsigned long long life = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(args, 0));
    if (life == (unsigned long long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *topic = PyTuple_GetSlice(args, 2, PyTuple_GET_SIZE(args));
    if (topic == NULL) {
        return NULL;
    }
    if (s->path == NULL || s->lives != life) {
        Py_DECREF(topic);
        return say_over(s);
    }
    uint64_t generation = s->generation;
    /* Before the lock is asked: a publisher may die while this thread waits for its processor, or the GIL. */
    uint64_t now = shm_now(CLOCK_MONOTONIC_COARSE);
    PyObject *text = PyObject_Call(PyTuple_GET_ITEM(args, 1), topic, NULL);
    Py_DECREF(topic);
    if (text == NULL) {
        if ((s->path == NULL || s->lives != life) && PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            PyErr_Clear(); /* an error of what it was set up for before */
            return say_over(s);
        }
        return NULL;
    }
    struct found found = {0};
    bool something = PyUnicode_Check(text) && PyUnicode_GET_LENGTH(text) > 0;
    bool parsed = !something || parse(text, &found);
    Py_DECREF(text);
    if (!parsed) {
        return NULL;
    }
    bool first = s->generation == generation;
    if (something && first && !take(s, &found, now)) {
        return NULL;
    }
    if (something && !first) {
        /* Another thread has attached or closed s meanwhile: what this one found may be the older file. */
        munmap(found.mapping.base, found.mapping.size);
        close(found.mapping.fd);
        found.depth = 0;
    }
    if (s->path == NULL || s->lives != life) {
        return say_over(s);
    }
    s->joined |= first || !something;
    if (!something) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(Oll)", found.dead ? Py_True : Py_False, found.pid, found.depth);
}
