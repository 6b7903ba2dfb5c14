/* Waiting for what is not there yet, without the GIL, a slice at a time: between the slices the caller looks
   again, whether the publisher lives too, and signal handlers run.

   Where there is a file, it is the eventcount's protocol: announce, look again, sleep. A publisher that
   notifies wakes it at once; one that was killed between its head and its wake costs the rest of the slice.
   Before that it may spin for as long as a quick answer takes: who spins has announced nothing, and costs the
   publisher nothing. Without permission to write page 0, and without a file, it looks again and again. */
#include "subscriber.h"

#include "../protocol/eventcount.h"
#include "../protocol/backoff.h"

#define SPIN 20000u          /* ns: what two wake-ups cost */
#define SPINS_AFTER_SUCCESS 8
#define FIRST_PATIENCE 4     /* waits without, after one that did not pay off; doubled each time */
#define LAST_PATIENCE 1024

static void
relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Sleeps ns nanoseconds. Returns false where a signal came first. */
static bool
pause_for(uint64_t ns)
{
    struct timespec t = timespec_of(ns);
    return nanosleep(&t, NULL) == 0;
}

/* How long is left from now on, ns; 0: it is too late. */
static uint64_t
left(const struct shm_wait *w, uint64_t now)
{
    return now < w->deadline ? w->deadline - now : 0;
}

/* Sets up a wait of timeout seconds; NULL and None: without end. Returns 0, or -1 with an error set. */
int
wait_begin(Subscriber *s, struct shm_wait *w, PyObject *timeout)
{
    *w = (struct shm_wait){.deadline = UINT64_MAX};
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
        shm_raised(PyObject_CallMethod((PyObject *)s, "_refuse_timeout", "O", timeout));
        return -1;
    }
    if (seconds < 9e9) { /* else it is centuries */
        w->deadline = shm_now(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
    }
    return 0;
}

/* What a waiter looks for: a head other than `seen`, the end of the file, or that of this subscriber's use of it. */
struct change {
    const struct shm_state *state;
    uint64_t seen;
    const uint32_t *abandoned;
};

static bool
changed(const struct change *c)
{
    /* seq_cst, for the second look: see eventcount.h. On x86-64 and aarch64 it costs no more than acquire. */
    return __atomic_load_n(&c->state->head, __ATOMIC_SEQ_CST) != c->seen ||
           __atomic_load_n(&c->state->retired, __ATOMIC_SEQ_CST) != 0 ||
           __atomic_load_n(c->abandoned, __ATOMIC_SEQ_CST) != 0;
}

static bool
spin(const struct change *c)
{
    uint64_t end = shm_now(CLOCK_MONOTONIC) + SPIN;
    do {
        for (int i = 0; i < 16; i++) {
            if (changed(c)) {
                return true;
            }
            relax();
        }
    } while (shm_now(CLOCK_MONOTONIC) < end);
    return false;
}

/* Spinning is tried ever less often while it does not pay off, as where all runs on one processor. How many
   this thread may run on does not tell: the publisher may be on another. */
static bool
wants_to_spin(Subscriber *s)
{
    if (s->spins > 0 || s->until_spin == 0) {
        return true;
    }
    s->until_spin--;
    return false;
}

static void
spun(Subscriber *s, bool paid)
{
    if (paid) {
        s->spins = SPINS_AFTER_SUCCESS;
        s->spin_patience = FIRST_PATIENCE;
    }
    else if (s->spins == 0 || --s->spins == 0) {
        unsigned patience = s->spin_patience;
        s->spin_patience = patience == 0 ? FIRST_PATIENCE : (unsigned)least(2 * patience, LAST_PATIENCE);
        s->until_spin = s->spin_patience;
    }
}

static void
sleep_on(uint32_t *word, const struct change *c, uint64_t until, uint32_t bits)
{
    uint32_t announced = eventcount_announce(word);
    if (!changed(c)) {
        eventcount_sleep(word, announced, until, bits);
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

/* Waits for a value behind the last one taken; there was none just now. 1: look again; 0: the time is up; -1
   with an error set. */
int
wait_value(Subscriber *s, struct shm_wait *w)
{
    if (s->ring.state == NULL || s->unread.state == NULL) {
        return wait_name(s, w);
    }
    uint64_t now = shm_now(CLOCK_MONOTONIC), ns = left(w, now);
    if (ns == 0) {
        return 0;
    }
    ns = least(ns, until_asking(s->checked_at, now));
    struct shm_file *f = s->file;
    uint32_t *word = file_wait_word(f, PyBytes_AS_STRING(s->path));
    struct change c = {.state = s->ring.state, .seen = s->unread.k, .abandoned = &f->abandoned};
    bool spins = wants_to_spin(s), paid = false;
    file_wait(f);
    Py_BEGIN_ALLOW_THREADS
    paid = spins && spin(&c);
    if (!paid && word != NULL) {
        sleep_on(word, &c, now + ns, f->bits);
    }
    else if (!paid) {
        poll(&c, ns);
    }
    Py_END_ALLOW_THREADS
    file_waited(f);
    if (spins) {
        spun(s, paid);
    }
    w->pause = 0;
    return PyErr_CheckSignals() < 0 ? -1 : 1;
}

/* Waits for the topic to have a file, or another one; it had none just now that could be read. As wait_value. */
int
wait_name(Subscriber *s, struct shm_wait *w)
{
    (void)s;
    uint64_t ns = left(w, shm_now(CLOCK_MONOTONIC));
    if (ns == 0) {
        return 0;
    }
    w->pause = w->pause == 0 ? FIRST_LOOK : least(2 * w->pause, LAST_LOOK);
    Py_BEGIN_ALLOW_THREADS
    (void)pause_for(least(w->pause, ns));
    Py_END_ALLOW_THREADS
    return PyErr_CheckSignals() < 0 ? -1 : 1;
}
