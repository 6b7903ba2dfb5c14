/* Between slices the caller checks for a value and for the publisher's death, and signal handlers run.

   If there is a file this is the eventcount's protocol: announce, look again, sleep. A publisher that notifies wakes
   the waiter at once; if the publisher is killed between its head and its wake, that costs the rest of the slice.
   First the waiter may spin for as long as a quick answer takes: it has announced nothing then, and costs the
   publisher nothing. If page 0 cannot be written, or there is no file, it polls. */
#include "wait.h"

#include "../protocol/backoff.h"
#include "../protocol/eventcount.h"
#include "arguments.h"

#define SPIN 20000u /* ns: what two wake-ups cost */
#define SPINS_AFTER_SUCCESS 8
#define FIRST_WAITS_BETWEEN 4 /* waits without spinning after a spin that did not pay off; doubled each time */
#define LAST_WAITS_BETWEEN 1024

static void
relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Returns false if a signal came first. */
static bool
pause_for(uint64_t ns)
{
    struct timespec t = timespec_of(ns);
    return nanosleep(&t, NULL) == 0;
}

/* The time left, ns; 0: it is up. */
static uint64_t
remaining(const struct wait *w, uint64_t now)
{
    return now < w->deadline ? w->deadline - now : 0;
}

int
wait_begin(Subscriber *s, struct wait *w, PyObject *timeout)
{
    *w = (struct wait){.deadline = UINT64_MAX};
    if (timeout == NULL || timeout == Py_None) {
        return 0;
    }
    double seconds = PyBool_Check(timeout) ? -1 : PyFloat_AsDouble(timeout);
    if (seconds == -1 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return -1;
        }
        PyErr_Clear();
    }
    if (!(seconds >= 0)) {
        raised(PyObject_CallMethod((PyObject *)s, "_refuse_timeout", "(O)", timeout));
        return -1;
    }
    if (seconds < 9e9) { /* 285 years; beyond that there is no limit */
        w->deadline = clock_now(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
    }
    return 0;
}

/* What a waiter looks for: a head other than `seen`, the end of the file, or of this subscriber's use of it. */
struct change {
    const struct ring_head *mapped;
    uint64_t seen;
    const uint32_t *abandoned;
};

static bool
changed(const struct change *c)
{
    /* seq_cst, for the second look: see eventcount.h. On x86-64 and aarch64 it costs no more than acquire. */
    return __atomic_load_n(&c->mapped->head, __ATOMIC_SEQ_CST) != c->seen ||
           __atomic_load_n(&c->mapped->retired, __ATOMIC_SEQ_CST) != 0 ||
           __atomic_load_n(c->abandoned, __ATOMIC_SEQ_CST) != 0;
}

static bool
spin(const struct change *c)
{
    uint64_t end = clock_now(CLOCK_MONOTONIC) + SPIN;
    do {
        for (int i = 0; i < 16; i++) {
            if (changed(c)) {
                return true;
            }
            relax();
        }
    } while (clock_now(CLOCK_MONOTONIC) < end);
    return false;
}

/* Spinning is tried less and less often while it does not pay off, as when everything runs on one processor. How many
   processors this thread may use does not show that: the publisher may be on another. */
static bool
wants_to_spin(Subscriber *s)
{
    if (s->spins > 0 || s->waits_until_spin == 0) {
        return true;
    }
    s->waits_until_spin--;
    return false;
}

static void
spun(Subscriber *s, bool paid)
{
    if (paid) {
        s->spins = SPINS_AFTER_SUCCESS;
        s->waits_between_spins = FIRST_WAITS_BETWEEN;
    }
    else if (s->spins == 0 || --s->spins == 0) {
        unsigned waits = s->waits_between_spins;
        s->waits_between_spins = waits == 0 ? FIRST_WAITS_BETWEEN : (unsigned)least(2 * waits, LAST_WAITS_BETWEEN);
        s->waits_until_spin = s->waits_between_spins;
    }
}

static void
sleep_on(const struct wait_page *page, const struct change *c, uint64_t until)
{
    uint32_t announced = eventcount_announce(page->word);
    if (!changed(c)) {
        eventcount_sleep(page->word, announced, until, page->bit);
    }
}

static void
poll(const struct change *c, uint64_t ns)
{
    for (uint64_t pause = FIRST_POLL; ns > 0 && !changed(c); pause = least(2 * pause, LAST_POLL)) {
        pause = least(pause, ns);
        ns -= pause;
        if (!pause_for(pause)) {
            return;
        }
    }
}

/* Inlined: recv() sleeps here. */
static ALWAYS_INLINE int
wait_beyond(Subscriber *s, struct wait *w, uint64_t seen)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC), ns = remaining(w, now);
    if (ns == 0) {
        return 0;
    }
    ns = least(ns, until_check(s->checked_at, now));
    struct topic_file *f = s->cursor.present.file;
    const struct wait_page *page = topic_file_wait_page(f, PyBytes_AS_STRING(s->path));
    struct change c = {.mapped = s->ring.mapped, .seen = seen, .abandoned = &f->abandoned};
    bool spins = wants_to_spin(s), paid = false;
    topic_file_begin_wait(f);
    Py_BEGIN_ALLOW_THREADS
    paid = spins && spin(&c);
    if (!paid && page != NULL) {
        sleep_on(page, &c, now + ns);
    }
    else if (!paid) {
        poll(&c, ns);
    }
    Py_END_ALLOW_THREADS
    topic_file_end_wait(f);
    if (spins) {
        spun(s, paid);
    }
    w->pause = 0;
    return PyErr_CheckSignals() < 0 ? -1 : 1;
}

int
wait_value(Subscriber *s, struct wait *w)
{
    if (s->ring.mapped == NULL || s->cursor.present.ring.mapped == NULL) {
        return wait_name(w);
    }
    return wait_beyond(s, w, s->cursor.present.ring.k);
}

int
wait_head(Subscriber *s, struct wait *w, uint64_t seen)
{
    return s->ring.mapped == NULL ? wait_name(w) : wait_beyond(s, w, seen);
}

int
wait_name(struct wait *w)
{
    uint64_t ns = remaining(w, clock_now(CLOCK_MONOTONIC));
    if (ns == 0) {
        return 0;
    }
    w->pause = w->pause == 0 ? FIRST_LOOK : least(2 * w->pause, LAST_LOOK);
    Py_BEGIN_ALLOW_THREADS
    (void)pause_for(least(w->pause, ns));
    Py_END_ALLOW_THREADS
    return PyErr_CheckSignals() < 0 ? -1 : 1;
}

PyObject *
wait_timed_out(Subscriber *s, const char *what, PyObject *timeout)
{
    return PyErr_Occurred() ? NULL : raised(PyObject_CallMethod((PyObject *)s, "_timed_out", "sO", what, timeout));
}
