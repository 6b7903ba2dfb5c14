#include "fileno.h"

#include <errno.h>
#include <sys/stat.h>

#include "../protocol/backoff.h"
#include "arguments.h"

#define CAPSULE "shm_pub_sub.watch"

/* Whether the topic's name points at another file than the present one. */
static bool
name_is_elsewhere(const Subscriber *s, const struct watch_target *t)
{
    struct stat st;
    if (lstat(t->path, &st) != 0) {
        return errno != ENOENT;
    }
    struct identity found = identity_of(&st);
    bool ignored = s->untrusted.ino != 0 && identity_same(&found, &s->untrusted);
    return !ignored && (st.st_dev != t->dev || st.st_ino != t->ino);
}

void
fileno_arm_watch(const Subscriber *s, struct watch *w, uint64_t seen)
{
    const struct attachment *present = &s->cursor.present;
    struct watch_target t = {.path = PyBytes_AS_STRING(s->path), .fd = -1, .untrusted = s->untrusted};
    if (present->file != NULL) {
        t.fd = present->file->mapping.fd;
        t.dev = present->file->dev;
        t.ino = present->file->ino;
    }
    if (s->ring.mapped != NULL && present->ring.mapped != NULL) {
        t.head = s->ring.mapped;
        t.wait = topic_file_wait_page(present->file, t.path);
    }
    if (watch_asks_name(w)) {
        watch_set_name(w, name_is_elsewhere(s, &t));
    }
    watch_arm(w, &t, seen);
}

void
fileno_arm(Subscriber *s)
{
    if (s->unarmed) {
        return;
    }
    fileno_arm_watch(s, s->watch, s->cursor.present.ring.k);
}

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
        return raised(PyObject_CallMethod((PyObject *)s, "_say_closed", NULL));
    }
    if (s->watch != NULL && !watch_fd_is_ours(s->watch)) {
        fileno_end(s);
    }
    if (s->watch == NULL) {
        int failure = watch_new(&s->watch);
        if (failure != 0) {
            return raised(PyObject_CallMethod((PyObject *)s, "_no_descriptor", "i", failure));
        }
        s->cursor.receiving = true;
        if (!cursor_unread(&s->cursor)) {
            fileno_arm(s);
        }
    }
    return s->watch;
}

PyObject *
fileno_get(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    struct watch *w = watch_of(s);
    return w == NULL ? NULL : PyLong_FromLong(w->fd);
}

static void
release(PyObject *capsule)
{
    watch_release(PyCapsule_GetPointer(capsule, CAPSULE));
}

PyObject *
fileno_hold_watch(struct watch *w)
{
    watch_hold(w); /* first: making an object may collect garbage, and with it close s */
    PyObject *capsule = PyCapsule_New(w, CAPSULE, release);
    if (capsule == NULL) {
        watch_release(w);
        return NULL;
    }
    return Py_BuildValue("(iN)", w->fd, capsule);
}

PyObject *
fileno_hold(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    struct watch *w = watch_of(s);
    return w == NULL ? NULL : fileno_hold_watch(w);
}

PyObject *
fileno_tell(Subscriber *s, PyObject *told)
{
    struct watch *w = watch_of(s);
    if (w == NULL) {
        return NULL;
    }
    watch_tell(w, told == Py_True);
    Py_RETURN_NONE;
}

PyObject *
fileno_renamed(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    s->checked_at = clock_now(CLOCK_MONOTONIC_COARSE) - COARSE_CHECK_INTERVAL; /* check at the next read */
    if (s->watch != NULL) {
        watch_renamed(s->watch);
    }
    Py_RETURN_NONE;
}

PyObject *
fileno_set_armed(Subscriber *s, PyObject *arms)
{
    s->unarmed = arms != Py_True;
    if (!s->unarmed && s->watch != NULL && !cursor_unread(&s->cursor)) {
        fileno_arm(s);
    }
    Py_RETURN_NONE;
}
