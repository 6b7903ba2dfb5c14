/* A search finds a value's number, and the value is then read by that. If the publisher has overwritten it meanwhile, the
   search begins again. Each time one value more, at the old end, counts as overwritten: a slow reader of a fast
   publisher ends at the newest value, which stays longest. */
#include "by_time.h"

#include "../protocol/times.h"
#include "arguments.h"
#include "attachment.h"
#include "keywords.h"
#include "patience.h"
#include "read_payload.h"
#include "sample.h"
#include "wait.h"

/* One call. */
struct query {
    Subscriber *s;
    uint64_t time;     /* ns; what is before or beyond the clock's range is its end */
    uint64_t earliest; /* ns: a value before it was too old when the search began */
    uint64_t open_epoch;
    struct patience patience;
};

static bool
begin(struct query *q, Subscriber *s, const char *method, PyObject *time)
{
    *q = (struct query){.s = s, .open_epoch = s->open_epoch};
    PyObject *number = PyBool_Check(time) || !PyIndex_Check(time) ? NULL : PyNumber_Index(time);
    if (number == NULL) {
        if (!PyErr_Occurred()) {
            raised(PyObject_CallMethod((PyObject *)s, "_refuse_time", "sO", method, time));
        }
        return false;
    }
    int beyond = 0;
    long long ns = PyLong_AsLongLongAndOverflow(number, &beyond);
    Py_DECREF(number);
    q->time = beyond > 0 ? INT64_MAX : beyond < 0 || ns < 0 ? 0 : (uint64_t)ns;
    return true;
}

/* Whether there is a file to read: 1, 0, or -1 with an error set. */
static int
ready(const struct query *q)
{
    return attachment_is_over(q->s, q->open_epoch) ? -1 : attachment_ready(q->s);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A search begins. Returns the time that it looks for: t, or what is not too old now. A value that becomes too old before
   it is read counts as found in time: there may be no end of those. */
static uint64_t
not_too_old(struct query *q, uint64_t t)
{
    uint64_t now = q->s->max_age == 0 ? 0 : clock_now(CLOCK_MONOTONIC);
    q->earliest = now > q->s->max_age ? now - q->s->max_age : 0;
    return later(t, q->earliest);
}

/* Whether a value was too old when the search began, or is of another boot. */
static bool
is_too_old(const struct query *q, uint64_t time)
{
    bool ages = q->s->max_age != 0;
    return ages && (time < q->earliest || value_age(time, clock_now(CLOCK_MONOTONIC)) == UINT64_MAX);
}

/* Leaves out the oldest values, as many as attempts have failed. */
static uint64_t
skip_lapped(const struct query *q, const struct ring *r, uint64_t k, uint64_t head)
{
    uint64_t first = ring_oldest(r, head) + q->patience.tries;
    return later(k, first < head ? first : head);
}

/* The value nearest to the time; *k is 0 if there is none. */
static enum ring_read
nearest(struct query *q, const struct ring *r, uint64_t *k)
{
    uint64_t t = not_too_old(q, q->time), head, before, after;
    enum ring_read found = ring_search(r, t, k, &head);
    if (found != RING_OK) {
        *k = 0;
        return found;
    }
    uint64_t first = *k;
    bool has_before = first > ring_oldest(r, head) && ring_time_of(r, first - 1, &before) &&
                      before >= q->earliest && before < t;
    bool has_after = first <= head && ring_time_of(r, first, &after);
    *k = has_before ? first - 1 : 0;
    if (has_after && (!has_before || after - t <= t - before)) {
        *k = first;
        if (after != UINT64_MAX) { /* the last of those with that time */
            found = ring_search(r, after + 1, k, &head);
            *k = *k > first ? *k - 1 : first;
        }
    }
    else if (!has_before && first <= head) {
        *k = first; /* overwritten just now */
    }
    *k = *k == 0 ? 0 : skip_lapped(q, r, *k, head);
    return found;
}

enum reading { READING_FAILED = -1, READING_LAPPED, READING_DONE, READING_TOO_OLD };

/* Reads value k of file f as a Sample. READING_FAILED: with an error set. */
static enum reading
read_sample(const struct query *q, struct topic_file *f, const struct ring *r, uint64_t k, PyObject **sample)
{
    Subscriber *s = q->s;
    struct payload p;
    payload_init(&p);
    const char *path = s->cursor.present.file == f ? path_of(s) : NULL;
    enum ring_read found = payload_at(r, f, path, use_of(s), &p, k);
    if (found == RING_CORRUPT) {
        raise_corrupt((PyObject *)s);
        return READING_FAILED;
    }
    if (found != RING_OK) {
        return READING_LAPPED;
    }
    if (is_too_old(q, p.time)) {
        payload_release(&p);
        return READING_TOO_OLD;
    }
    PyObject *value = NULL;
    int made = read_pin_copy(*r, f, path, &p) ? read_payload(s, f, &p, NULL, &value) : 0;
    if (made == 0) {
        payload_release(&p);
        return READING_LAPPED;
    }
    *sample = made > 0 ? sample_of(value, p.k, p.time) : NULL;
    return *sample != NULL ? READING_DONE : READING_FAILED;
}

PyObject *
by_time_at(Subscriber *s, PyObject *time)
{
    struct query q;
    if (!begin(&q, s, "at", time)) {
        return NULL;
    }
    for (;;) {
        uint64_t k = 0;
        int there = ready(&q);
        if (there < 0) {
            return NULL;
        }
        if (there && nearest(&q, &s->ring, &k) == RING_CORRUPT) {
            return raise_corrupt((PyObject *)s);
        }
        if (k == 0) {
            Py_RETURN_NONE;
        }
        PyObject *sample = NULL;
        switch (read_sample(&q, s->cursor.present.file, &s->ring, k, &sample)) {
        case READING_DONE:
        case READING_FAILED:
            return sample;
        case READING_TOO_OLD:
            Py_RETURN_NONE;
        case READING_LAPPED:
            if (patience_lapped(&q.patience, s, q.open_epoch) < 0) {
                return NULL;
            }
        }
    }
}

/* Reads the first value at the time or after it: as read_sample; READING_TOO_OLD: there is none. *head: as it was then,
   unless there is no file. */
static enum reading
read_first(struct query *q, uint64_t *head, PyObject **sample)
{
    Subscriber *s = q->s;
    uint64_t k;
    int there = ready(q);
    if (there <= 0) {
        return there < 0 ? READING_FAILED : READING_TOO_OLD;
    }
    if (ring_search(&s->ring, not_too_old(q, q->time), &k, head) == RING_CORRUPT) {
        raise_corrupt((PyObject *)s);
        return READING_FAILED;
    }
    if (k > *head) {
        return READING_TOO_OLD;
    }
    return read_sample(q, s->cursor.present.file, &s->ring, skip_lapped(q, &s->ring, k, *head), sample);
}

/* Returns NULL without an error set if the time is up. */
static PyObject *
wait_for_first(struct query *q, struct wait *w)
{
    q->patience.deadline = w->deadline;
    for (;;) {
        PyObject *sample = NULL;
        uint64_t head = 0;
        switch (read_first(q, &head, &sample)) {
        case READING_DONE:
        case READING_FAILED:
            return sample;
        case READING_LAPPED:
            if (patience_lapped(&q->patience, q->s, q->open_epoch) <= 0) {
                return NULL;
            }
            break;
        case READING_TOO_OLD:
            if (wait_head(q->s, w, head) <= 0) {
                return NULL;
            }
        }
    }
}

PyObject *
by_time_after(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"after", true, {"timeout"}};
    PyObject *timeout;
    struct query q;
    struct wait w;
    if (n < 1 || n > 2) {
        return PyErr_Format(PyExc_TypeError, "after() takes 1 or 2 positional arguments, time_ns and timeout (%zd given)",
                            n);
    }
    if (!keywords_parse(&signature, args + 1, n - 1, names, &timeout) || !begin(&q, s, "after", args[0]) ||
        wait_begin(s, &w, timeout) < 0) {
        return NULL;
    }
    PyObject *sample = wait_for_first(&q, &w);
    return sample != NULL ? sample : wait_timed_out(s, "value", timeout);
}

/* Appends values *first to last, without those that are too old. READING_LAPPED: one was overwritten, *first is the one
   after it. */
static enum reading
append_all(const struct query *q, struct topic_file *f, const struct ring *r, uint64_t *first, uint64_t last,
           PyObject *list)
{
    for (uint64_t k = *first; k <= last; k++) {
        PyObject *sample = NULL;
        enum reading done = read_sample(q, f, r, k, &sample);
        if (done == READING_DONE && PyList_Append(list, sample) < 0) {
            done = READING_FAILED;
        }
        Py_XDECREF(sample);
        if (done == READING_LAPPED || done == READING_FAILED) {
            *first = k + 1;
            return done;
        }
    }
    return READING_DONE;
}

/* Fills the list with all values after the time; from: what was left out at the attempt before. */
static enum reading
read_all(struct query *q, uint64_t *from, PyObject *list)
{
    Subscriber *s = q->s;
    uint64_t k, head;
    if (PyList_SetSlice(list, 0, PyList_GET_SIZE(list), NULL) < 0) { /* finalizers may run */
        return READING_FAILED;
    }
    int there = ready(q);
    if (there <= 0) {
        return there < 0 ? READING_FAILED : READING_DONE;
    }
    if (ring_search(&s->ring, not_too_old(q, q->time + 1), &k, &head) == RING_CORRUPT) {
        raise_corrupt((PyObject *)s);
        return READING_FAILED;
    }
    if (k < *from && *from <= head) {
        k = *from; /* those before it are about to be overwritten as well */
    }
    struct hold kept = hold_file(s->cursor.present.file, NULL);
    struct ring r = s->ring;
    *from = k;
    enum reading done = append_all(q, kept.file, &r, from, head, list);
    hold_release(&kept);
    return done;
}

PyObject *
by_time_since(Subscriber *s, PyObject *time)
{
    struct query q;
    uint64_t from = 0;
    PyObject *list;
    if (!begin(&q, s, "since", time) || (list = PyList_New(0)) == NULL) {
        return NULL;
    }
    enum reading done;
    while ((done = read_all(&q, &from, list)) == READING_LAPPED) {
        if (patience_lapped(&q.patience, s, q.open_epoch) < 0) {
            done = READING_FAILED;
            break;
        }
    }
    if (done == READING_FAILED) {
        Py_CLEAR(list);
    }
    return list;
}
