/* One watch, whose target is always the topic that is awaited. All subscribers have it in their lists: when one leaves its
   file or is closed, the watch is signalled, whatever its target is. */
#include "alignment_watch.h"

#include "arguments.h"
#include "fileno.h"

void
alignment_end_watch(Alignment *a)
{
    if (a->watch != NULL) {
        for (Py_ssize_t i = 0; i < a->n; i++) {
            extra_watch_remove(&a->topics[i].watch);
        }
        watch_end(a->watch);
        watch_release(a->watch);
        a->watch = NULL;
    }
}

/* Returns the watch, or NULL with an error set. A new one is readable. */
static struct watch *
watch_of(Alignment *a)
{
    if (a->watch != NULL && !watch_fd_is_ours(a->watch)) {
        alignment_end_watch(a);
    }
    if (a->watch == NULL) {
        int failure = watch_new(&a->watch);
        if (failure != 0) {
            return raised(PyObject_CallMethod((PyObject *)a->topics[0].s, "_no_descriptor", "i", failure));
        }
        for (Py_ssize_t i = 0; i < a->n; i++) {
            a->topics[i].watch.watch = a->watch;
            extra_watch_add(a->topics[i].s, &a->topics[i].watch);
        }
    }
    return a->watch;
}

void
alignment_arm(Alignment *a)
{
    const Subscriber *s = a->topics[a->awaited].s;
    if (a->watch != NULL && s->path != NULL) {
        fileno_arm_watch(s, a->watch, a->found[a->awaited].head);
    }
}

PyObject *
alignment_fileno(Alignment *a, PyObject *Py_UNUSED(ignored))
{
    const struct watch *w = watch_of(a);
    return w == NULL ? NULL : PyLong_FromLong(w->fd);
}

PyObject *
alignment_hold(Alignment *a, PyObject *Py_UNUSED(ignored))
{
    struct watch *w = watch_of(a);
    return w == NULL ? NULL : fileno_hold_watch(w);
}
