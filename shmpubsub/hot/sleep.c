/* The eventcount's protocol on one wait word, or on several, which futex_waitv sleeps on together. Polled are: words
   beyond its limit, words that cannot be written, several words on a kernel without it, and the name if there is no
   file. */
#include "sleep.h"

#include "../protocol/backoff.h"
#include "../protocol/eventcount.h"
#include "../protocol/futexv.h"

static uint64_t
longer(uint64_t pause, uint64_t first, uint64_t last)
{
    return pause == 0 ? first : least(2 * pause, last);
}

static bool
has_news(const struct seen *seen)
{
    const struct ring_head *mapped = seen->s->ring.mapped;
    return __atomic_load_n(&mapped->head, __ATOMIC_SEQ_CST) != seen->head ||
           __atomic_load_n(&mapped->retired, __ATOMIC_SEQ_CST) != 0;
}

/* Another thread may unmap the words meanwhile: only the kernel reads them. */
void
sleep_for_news(const void *what, Py_ssize_t n, seen_by *seen, struct pauses *p, uint64_t deadline)
{
    static bool without_futexv; /* under the GIL */
    struct futexv list[FUTEXV_MAX];
    uint32_t *word = NULL; /* the last one */
    unsigned words = 0;
    bool polls = false, looks = false;
    uint64_t now = clock_now(CLOCK_MONOTONIC), until = UINT64_MAX;
    for (Py_ssize_t i = 0; i < n; i++) {
        struct seen one = seen(what, i);
        const Subscriber *s = one.s;
        if (s->ring.mapped == NULL || s->cursor.present.ring.mapped == NULL) {
            looks |= one.awaited;
            continue;
        }
        until = least(until, now + until_check(s->checked_at, now));
        if (!one.awaited) {
            continue;
        }
        const struct wait_page *page =
            words == (without_futexv ? 1 : FUTEXV_MAX)
                ? NULL
                : topic_file_wait_page(s->cursor.present.file, PyBytes_AS_STRING(s->path));
        if (page == NULL) {
            polls = true;
            continue;
        }
        uint32_t announced = eventcount_announce(page->word);
        if (has_news(&one)) {
            return;
        }
        word = page->word;
        list[words++] = futexv_at(word, announced);
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
    if (words == 1) {
        eventcount_sleep(word, (uint32_t)list[0].value, until, EVENTCOUNT_ANYBODY);
    }
    else if (words > 1) {
        slept = futexv_sleep(list, words, until);
    }
    else {
        struct timespec limit = timespec_of(until);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &limit, NULL);
    }
    Py_END_ALLOW_THREADS
    without_futexv |= !slept;
}
