/* A subscriber's descriptor, for select, poll, epoll and every event loop. watch.c makes it readable; here is when. */
#include "subscriber.h"

#include <errno.h>

#include "../protocol/watch.h"

#define CAPSULE "shm_pub_sub.watch"

/* Everything has been taken: the descriptor is not readable until there is more. Called with the GIL. */
void
fileno_arm(Subscriber *s)
{
    struct shm_file *f = s->file;
    struct watch_target t = {.path = PyBytes_AS_STRING(s->path), .fd = -1, .strange = s->strange};
    if (f != NULL) {
        t.fd = f->mapping.fd;
        t.dev = f->dev;
        t.ino = f->ino;
    }
    if (s->ring.state != NULL && s->unread.state != NULL) {
        t.state = s->ring.state;
        t.word = file_wait_word(f, t.path);
    }
    watch_arm(s->watch, &t, s->unread.k);
}

/* The file, or the path, is about to go; or there is something to take again. The descriptor is readable until
   the subscriber next finds nothing. */
void
fileno_detach(Subscriber *s)
{
    if (s->watch != NULL) {
        watch_detach(s->watch);
    }
}

/* s is closed: who waits for the descriptor finds it readable. */
void
fileno_end(Subscriber *s)
{
    struct watch *w = s->watch;
    if (w != NULL) {
        s->watch = NULL;
        watch_end(w);
        watch_release(w);
    }
}

/* Returns s's watch, or NULL with an error set. */
static struct watch *
watch_of(Subscriber *s)
{
    if (s->path == NULL) {
        return shm_raised(PyObject_CallMethod((PyObject *)s, "_say_closed", NULL));
    }
    if (s->watch != NULL && !watch_fd_is_ours(s->watch)) {
        fileno_end(s);
    }
    if (s->watch == NULL) {
        int failure = watch_new(&s->watch);
        if (failure != 0) {
            return shm_raised(PyObject_CallMethod((PyObject *)s, "_no_descriptor", "i", failure));
        }
        s->receiving = true;
        if (!stream_unread(s)) {
            fileno_arm(s);
        }
    }
    return s->watch;
}

PyObject *
fileno_get(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    struct watch *w = watch_of(s);
    return w == NULL ? NULL : PyLong_FromLong(watch_fd(w));
}

static void
let_go(PyObject *capsule)
{
    watch_release(PyCapsule_GetPointer(capsule, CAPSULE));
}

PyObject *
fileno_hold(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    struct watch *w = watch_of(s);
    if (w == NULL) {
        return NULL;
    }
    watch_hold(w); /* first: making an object may collect garbage, and with it close s */
    PyObject *capsule = PyCapsule_New(w, CAPSULE, let_go);
    if (capsule == NULL) {
        watch_release(w);
        return NULL;
    }
    return Py_BuildValue("(iN)", watch_fd(w), capsule);
}
