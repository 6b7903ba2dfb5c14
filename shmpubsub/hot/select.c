/* The eventcount's protocol on several wait words, which futex_waitv sleeps on together. Polled are: words beyond its
   limit, words that cannot be written, all words on a kernel without it, and the name if there is no file. */
#include "select.h"

#include "../protocol/backoff.h"
#include "../protocol/eventcount.h"
#include "../protocol/futexv.h"
#include "subscriber_type.h"
#include "take.h"
#include "wait.h"

struct pauses {
    uint64_t poll, look; /* ns; 0: none yet */
};

static uint64_t
longer(uint64_t pause, uint64_t first, uint64_t last)
{
    return pause == 0 ? first : least(2 * pause, last);
}

static bool
has_news(const Subscriber *s)
{
    return __atomic_load_n(&s->ring.mapped->head, __ATOMIC_SEQ_CST) != s->cursor.present.ring.k ||
           __atomic_load_n(&s->ring.mapped->retired, __ATOMIC_SEQ_CST) != 0;
}

/* Returns the subscribers with something new, or NULL with an error set. A topic's error is something new: try_recv()
   raises it. */
static PyObject *
find(PyObject *subscribers)
{
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found != NULL && i < PyTuple_GET_SIZE(subscribers); i++) {
        Subscriber *s = (Subscriber *)PyTuple_GET_ITEM(subscribers, i);
        int there = take_pending(s);
        if (there < 0 && s->path != NULL && PyErr_ExceptionMatches(PyExc_Exception) &&
            !PyErr_ExceptionMatches(PyExc_MemoryError)) {
            PyErr_Clear();
            there = 1;
        }
        if (there < 0 || (there > 0 && PyList_Append(found, (PyObject *)s) < 0)) {
            Py_CLEAR(found);
        }
    }
    return found;
}

/* Sleeps for one slice at most, without the GIL. Another thread may unmap the words meanwhile: only the kernel reads
   them. */
static void
sleep_for_all(PyObject *subscribers, struct pauses *p, uint64_t deadline)
{
    static bool without_futexv; /* under the GIL */
    struct futexv list[FUTEXV_MAX];
    unsigned n = 0;
    bool polls = false, looks = false;
    uint64_t now = clock_now(CLOCK_MONOTONIC), until = UINT64_MAX;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(subscribers); i++) {
        Subscriber *s = (Subscriber *)PyTuple_GET_ITEM(subscribers, i);
        if (s->ring.mapped == NULL || s->cursor.present.ring.mapped == NULL) {
            looks = true;
            continue;
        }
        until = least(until, now + until_check(s->checked_at, now));
        uint32_t *word = without_futexv || n == FUTEXV_MAX ? NULL : topic_file_wait_word(s->cursor.present.file, PyBytes_AS_STRING(s->path));
        if (word == NULL) {
            polls = true;
            continue;
        }
        uint32_t announced = eventcount_announce(word);
        if (has_news(s)) {
            return;
        }
        list[n++] = futexv_at(word, announced);
    }
    until = least(deadline, least(until, now + CHECK_INTERVAL));
    if (polls) {
        p->poll = longer(p->poll, FIRST_POLL, LAST_POLL);
        until = least(until, now + p->poll);
    }
    if (looks) {
        p->look = longer(p->look, FIRST_LOOK, LAST_LOOK);
        until = least(until, now + p->look);
    }
    bool slept = true;
    Py_BEGIN_ALLOW_THREADS
    if (n > 0) {
        slept = futexv_sleep(list, n, until);
    }
    else {
        struct timespec limit = timespec_of(until);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &limit, NULL);
    }
    Py_END_ALLOW_THREADS
    without_futexv |= !slept;
}

PyObject *
select_subscribers(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *subscribers, *timeout;
    struct wait w;
    if (!PyArg_ParseTuple(args, "O!O:select", &PyTuple_Type, &subscribers, &timeout)) {
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(subscribers);
    for (Py_ssize_t i = 0; i < n || n == 0; i++) {
        if (n == 0 || !is_subscriber_type(Py_TYPE(PyTuple_GET_ITEM(subscribers, i)))) {
            PyErr_Format(PyExc_TypeError, "select: found %R; expected a tuple of subscribers, of one at least",
                         subscribers);
            return NULL;
        }
    }
    if (wait_begin((Subscriber *)PyTuple_GET_ITEM(subscribers, 0), &w, timeout) < 0) {
        return NULL;
    }
    struct pauses p = {0};
    for (;;) {
        PyObject *found = find(subscribers);
        if (found == NULL || PyList_GET_SIZE(found) > 0 || clock_now(CLOCK_MONOTONIC) >= w.deadline) {
            return found;
        }
        Py_DECREF(found);
        sleep_for_all(subscribers, &p, w.deadline);
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
    }
}
