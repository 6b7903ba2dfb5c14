/* Other threads, finalizers and signal handlers may use the same alignment: they run while a topic's file is opened,
   while payloads are copied, and while objects are made. The search runs in between, in one go. A set is delivered in
   one step with the last look at `sets`: if another was delivered meanwhile, everything begins again. */
#include "alignment_take.h"

#include "arguments.h"
#include "attachment.h"
#include "patience.h"
#include "read_payload.h"
#include "sample.h"

#define FOREIGN 1000000000u /* ns: a time so far ahead is of another clock, as value_age has it */

/* The sample of one topic in a set. */
struct pick {
    uint64_t file, k, time;
};

/* Whether the subscriber may be used, after looking for a file: 0, or -1 with an error set. */
static int
attach(const struct alignment_topic *t)
{
    if (attachment_is_over(t->s, t->open_epoch)) {
        return -1;
    }
    return attachment_ready(t->s) < 0 || attachment_is_over(t->s, t->open_epoch) ? -1 : 0;
}

/* Looks for all topics' candidates. Returns 0, or -1 with an error set. */
static int
look(Alignment *a)
{
    for (Py_ssize_t i = 0; i < a->n; i++) {
        if (attach(&a->topics[i]) < 0) {
            return -1;
        }
    }
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    for (Py_ssize_t i = 0; i < a->n; i++) {
        struct alignment_topic *t = &a->topics[i];
        uint64_t file = t->s->ring.mapped == NULL ? 0 : t->s->files;
        if (file != t->file) {
            a->floor = 0; /* a new publisher may begin with an earlier time than the last one's */
        }
        t->file = file;
    }
    for (Py_ssize_t i = 0; i < a->n; i++) {
        const Subscriber *s = a->topics[i].s;
        uint64_t from = s->max_age != 0 && now > s->max_age ? now - s->max_age : 0;
        a->found[i].ring = s->ring;
        align_look(&a->found[i], from > a->floor ? from : a->floor, now + FOREIGN);
        if (a->found[i].head >= RING_HEAD_LIMIT) {
            raise_corrupt((PyObject *)s);
            return -1;
        }
    }
    return 0;
}

/* Makes the Sample of a pick: 1; 0: it was overwritten; -1 with an error set. */
static int
read_sample(Subscriber *s, const struct pick *pick, PyObject **sample)
{
    if (s->ring.mapped == NULL || s->files != pick->file) {
        return 0;
    }
    struct topic_file *f = s->cursor.present.file;
    struct payload p;
    payload_init(&p);
    enum ring_read found = payload_at(&s->ring, f, path_of(s), use_of(s), &p, pick->k);
    if (found == RING_CORRUPT) {
        raise_corrupt((PyObject *)s);
        return -1;
    }
    if (found == RING_EMPTY) {
        return 0;
    }
    PyObject *value = NULL;
    int made = read_pin_copy(s->ring, f, path_of(s), &p) ? read_payload(s, f, &p, NULL, &value) : 0;
    if (made > 0) {
        *sample = sample_of(value, pick->k, pick->time);
        return *sample != NULL ? 1 : -1;
    }
    if (made == 0) {
        payload_lapped(&p);
    }
    return made < 0 ? -1 : 0;
}

/* Makes the set: 1; 0: a sample was overwritten, *overwritten is the topic; -1 with an error set. */
static int
read_set(Alignment *a, const struct pick *picks, PyObject **set, long *overwritten)
{
    PyObject *made = a->names == NULL ? PyTuple_New(a->n) : PyDict_New();
    int result = made == NULL ? -1 : 1;
    for (Py_ssize_t i = 0; i < a->n && result > 0; i++) {
        PyObject *sample = NULL;
        result = read_sample(a->topics[i].s, &picks[i], &sample);
        if (result <= 0) {
            *overwritten = i;
        }
        else if (a->names == NULL) {
            PyTuple_SET_ITEM(made, i, sample);
        }
        else {
            result = PyDict_SetItem(made, PyTuple_GET_ITEM(a->names, i), sample) < 0 ? -1 : 1;
            Py_DECREF(sample);
        }
    }
    if (result <= 0) {
        Py_XDECREF(made);
        return result;
    }
    *set = made;
    return 1;
}

static void
deliver(Alignment *a, const struct pick *picks, uint64_t spread)
{
    for (Py_ssize_t i = 0; i < a->n; i++) {
        struct alignment_topic *t = &a->topics[i];
        if (t->last_k != 0 && t->last_file == picks[i].file && picks[i].k > t->last_k) {
            t->dropped += picks[i].k - t->last_k - 1;
        }
        t->last_file = picks[i].file;
        t->last_k = picks[i].k;
        a->found[i].after = picks[i].time;
    }
    a->sets++;
    a->spread = spread;
    a->worst_spread = spread > a->worst_spread ? spread : a->worst_spread;
}

/* As alignment_take, with room for the picks. */
static int
take(Alignment *a, struct pick *picks, PyObject **set)
{
    struct patience patience = {0};
    for (;;) {
        if (look(a) < 0) {
            return -1;
        }
        long overwritten = 0;
        enum align_found found = align_find(a->found, a->n, a->tolerance, &overwritten);
        if (found == ALIGN_NONE) {
            a->awaited = align_await(a->found, a->n, a->awaited, &a->floor);
            return 0;
        }
        for (Py_ssize_t i = 0; i < a->n; i++) {
            picks[i] = (struct pick){a->topics[i].file, a->found[i].k, a->found[i].time};
        }
        uint64_t sets = a->sets, spread = align_spread(a->found, a->n);
        int made = found == ALIGN_FOUND ? read_set(a, picks, set, &overwritten) : 0;
        if (made < 0) {
            return -1;
        }
        if (made > 0 && a->sets == sets) {
            deliver(a, picks, spread);
            return 1;
        }
        if (made > 0) {
            Py_CLEAR(*set);
            continue;
        }
        const struct alignment_topic *t = &a->topics[overwritten];
        if (patience_lapped(&patience, t->s, t->open_epoch) < 0) {
            return -1;
        }
    }
}

int
alignment_take(Alignment *a, PyObject **set)
{
    struct pick *picks = PyMem_New(struct pick, (size_t)a->n);
    if (picks == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int taken = take(a, picks, set);
    PyMem_Free(picks);
    return taken;
}
