/* watch.c has the protocol. */
#define _GNU_SOURCE
#include "notifier.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "backoff.h"
#include "clock.h"
#include "eventcount.h"
#include "fork.h"
#include "helper_thread.h"
#include "owner.h"
#include "sleeper.h"

#define CHECKS_AT_A_TIME 8 /* before the mutex is released for a moment */
#define NOTIFIER_LAST_POLL 2000000u
#define NAMED_CHECK_INTERVAL (3 * CHECK_INTERVAL) /* ns: if only a publisher killed before its wake can be missed */

static struct notifier *notifiers;
static bool without_futexv;

static bool
name_has_moved_on(const struct watch *w, uint64_t now)
{
    struct stat st;
    if (lstat(w->target.path, &st) != 0) {
        return errno != ENOENT; /* the subscriber explains any other error */
    }
    struct identity found = identity_of(&st);
    if (w->target.untrusted.ino != 0 && identity_same(&found, &w->target.untrusted)) {
        return now >= w->untrusted_until;
    }
    return st.st_dev != w->target.dev || st.st_ino != w->target.ino;
}

bool
notifier_polls(const struct watch *w)
{
    return w->target.head != NULL && (w->target.wait == NULL || (without_futexv && !w->listed));
}

/* Watches with the same interval look at the same times: one wake-up for all. */
static void
look_after(struct watch *w, uint64_t interval, uint64_t now)
{
    w->look_interval = interval;
    w->look_at = (now / interval + 1) * interval;
}

void
notifier_look_soon(struct watch *w, uint64_t now)
{
    look_after(w, FIRST_LOOK, now);
}

static void
check_publisher(struct watch *w, uint64_t now)
{
    w->checked = true;
    if (w->target.head == NULL || w->named) {
        return;
    }
    bool dead = owner_lock_held(w->target.fd, w->target.dev, w->target.ino) != 1;
    if (dead && !w->dead) {
        notifier_look_soon(w, now);
    }
    w->dead = dead;
}

/* Checks all publishers, those of SIGNALLED watches too: one may be armed just after the round, and its subscriber's
   own last check may be as old as a slice. The mutex is released now and then, as a subscriber that arms holds the
   GIL meanwhile. Then a watch may leave, and the last one takes its place (notifier_remove). So the round goes from
   the last to the first: a watch that moves was checked, or is still to come. A watch that is added is checked when
   it has a target. */
static void
check_publishers(struct notifier *n, uint64_t now)
{
    n->check_at = now + NAMED_CHECK_INTERVAL; /* collect() makes it sooner if any is not named */
    unsigned checks = 0;
    for (unsigned remaining = n->count; remaining > 0;) {
        check_publisher(n->watches[--remaining], now);
        if (++checks % CHECKS_AT_A_TIME == 0) {
            pthread_mutex_unlock(&notifier_mutex);
            pthread_mutex_lock(&notifier_mutex);
            remaining = least(remaining, n->count);
        }
    }
}

/* Signals w if there is something new, and returns when to look again. */
static uint64_t
attend(struct watch *w, uint64_t now)
{
    if (watch_has_news(w)) {
        watch_set_signalled(w);
        return UINT64_MAX;
    }
    if (!watch_needs_looks(w)) {
        return UINT64_MAX;
    }
    if (now >= w->look_at) {
        if (name_has_moved_on(w, now)) {
            watch_set_signalled(w);
            return UINT64_MAX;
        }
        look_after(w, least(2 * w->look_interval, LAST_LOOK), now);
    }
    return w->look_at;
}

/* W1 to W3. Returns the number of words to sleep on. */
static unsigned
collect(struct notifier *n, struct futexv *list)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC);
    if (now >= n->check_at) {
        check_publishers(n, now);
    }
    unsigned words = 0;
    bool polls = false, signalled = false;
    uint64_t until = UINT64_MAX;
    for (unsigned i = 0; i < n->count; i++) {
        struct watch *w = n->watches[i];
        bool armed = w->state == ARMED;
        if (!w->named) {
            n->check_at = least(n->check_at, now + CHECK_INTERVAL);
        }
        if (armed) {
            if (!w->checked) {
                check_publisher(w, now);
            }
            until = least(until, attend(w, now));
        }
        if (without_futexv) {
            w->listed = sleeper_serve(w, now);
        }
        else if (w->target.wait != NULL) {
            list[words++] = futexv_at(w->target.wait->word, watch_list(w));
            w->listed = true;
        }
        signalled |= armed && w->state == SIGNALLED;
        polls |= w->state == ARMED && notifier_polls(w);
    }
    list[words++] = futexv_at(&n->control, n->control);
    until = least(until, n->check_at);
    n->poll_interval = signalled || !polls ? FIRST_POLL : least(2 * n->poll_interval, NOTIFIER_LAST_POLL);
    n->until = polls ? least(until, now + n->poll_interval) : until;
    return words;
}

static void
end(struct notifier *n)
{
    struct notifier **link = &notifiers;
    while (*link != n) {
        link = &(*link)->next;
    }
    fork_step_begin();
    *link = n->next;
    fork_step_end();
    free(n);
}

static void *
run(void *argument)
{
    struct notifier *n = argument;
    struct futexv list[FUTEXV_MAX];
    helper_thread_name();
    pthread_mutex_lock(&notifier_mutex);
    while (n->count > 0) {
        unsigned words = collect(n, list);
        uint64_t until = n->until;
        bool alone = without_futexv;
        pthread_mutex_unlock(&notifier_mutex);
        bool slept = !alone && futexv_sleep(list, words, until);
        if (alone) {
            eventcount_sleep(&n->control, (uint32_t)list[words - 1].value, until, EVENTCOUNT_ANYBODY);
        }
        pthread_mutex_lock(&notifier_mutex);
        without_futexv |= !alone && !slept;
    }
    end(n);
    pthread_mutex_unlock(&notifier_mutex);
    return NULL;
}

void
notifier_wake(struct notifier *n)
{
    __atomic_fetch_add(&n->control, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &n->control, FUTEX_WAKE, 1, NULL, NULL, 0);
}

int
notifier_start(struct notifier *n)
{
    int failure = helper_thread(run, n);
    n->running = failure == 0;
    return failure;
}

/* Returns a notifier with room, or NULL with errno set. */
static struct notifier *
find_notifier(void)
{
    struct notifier *n = notifiers;
    while (n != NULL && n->count == NOTIFIER_MAX) {
        n = n->next;
    }
    if (n == NULL) {
        n = calloc(1, sizeof *n);
        if (n == NULL) {
            return NULL;
        }
        n->next = notifiers;
        fork_step_begin();
        notifiers = n;
        fork_step_end();
    }
    return n;
}

int
notifier_add(struct watch *w)
{
    struct notifier *n = find_notifier();
    if (n == NULL) {
        return errno;
    }
    w->notifier = n;
    w->index = n->count;
    fork_step_begin();
    n->watches[n->count++] = w;
    fork_step_end();
    int failure = n->running ? 0 : notifier_start(n);
    if (failure != 0) {
        n->count--;
        w->notifier = NULL;
        if (n->count == 0) {
            end(n);
        }
    }
    return failure;
}

void
notifier_remove(struct watch *w)
{
    struct notifier *n = w->notifier;
    w->notifier = NULL;
    sleeper_end(w);
    fork_step_begin();
    n->watches[w->index] = n->watches[--n->count];
    n->watches[w->index]->index = w->index;
    fork_step_end();
    if (n->count == 0) {
        notifier_wake(n); /* so that it ends */
    }
}

/* The child has no notifier's thread, and the mutex may have been held. Every watch gets a descriptor of its own under
   the parent's number and is SIGNALLED; notifiers start when watches are next armed. */
static void
restart_in_child(void)
{
    notifier_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    sleepers_forked();
    for (struct notifier *n = notifiers; n != NULL; n = n->next) {
        n->running = false;
        n->check_at = 0; /* the child's clock may be another */
        for (unsigned i = 0; i < n->count; i++) {
            watch_entry_forked(n->watches[i]);
            sleeper_forked(n->watches[i]);
        }
    }
}

int
notifier_init(void)
{
    return pthread_atfork(NULL, NULL, restart_in_child);
}
