/* The thread that sleeps for the watches. watch.c has the protocol. */
#define _GNU_SOURCE
#include "notifier.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "eventcount.h"
#include "fork.h"
#include "owner.h"
#include "backoff.h"

#define STACK (256 * 1024)
#define AT_A_TIME 8 /* watches whose publishers are asked after before the mutex is given up for a moment */
#define WATCHER_LAST_POLL 2000000u

static struct watcher *watchers;
static bool without_futexv;

uint64_t
watcher_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool
name_has_moved_on(const struct watch *w, uint64_t now)
{
    struct stat st;
    if (lstat(w->target.path, &st) != 0) {
        return errno != ENOENT; /* anything else is for the subscriber to explain */
    }
    struct shm_identity found = identity_of(&st);
    if (w->target.strange.ino != 0 && identity_same(&found, &w->target.strange)) {
        return now >= w->strange_until;
    }
    return st.st_dev != w->target.dev || st.st_ino != w->target.ino;
}

/* Nothing wakes the watcher for w. */
bool
watcher_polls(const struct watch *w)
{
    return w->target.state != NULL && (w->target.word == NULL || without_futexv);
}

/* All that look equally often look at the same times: one wake-up for the lot. */
static void
look_after(struct watch *w, uint64_t pause, uint64_t now)
{
    w->look_every = pause;
    w->look_at = (now / pause + 1) * pause;
}

void
watcher_look_soon(struct watch *w, uint64_t now)
{
    look_after(w, FIRST_LOOK, now);
}

static void
ask_after_publisher(struct watch *w, uint64_t now)
{
    w->asked = true;
    if (w->target.state == NULL) {
        return;
    }
    bool dead = owner_lives(w->target.fd, w->target.dev, w->target.ino) != 1;
    if (dead && !w->dead) {
        watcher_look_soon(w, now);
    }
    w->dead = dead;
}

/* Asks after all publishers, also of those that are SIGNALLED: such a one may be armed just after the round, with
   its own subscriber's last question as old as a slice. The mutex is free now and then: a subscriber that arms holds
   the GIL meanwhile. Then a watch may leave, and the last one takes its place (watcher_leave). So the round goes from
   the last to the first: what moves was asked after already, or is still to come. One that joins is asked after by
   itself, when it has a target. */
static void
ask_after_publishers(struct watcher *r, uint64_t now)
{
    r->ask_at = now + ASK_EVERY;
    for (unsigned left = r->count, n = 1; left > 0; n++) {
        ask_after_publisher(r->watches[--left], now);
        if (n % AT_A_TIME == 0) {
            pthread_mutex_unlock(&watch_mutex);
            pthread_mutex_lock(&watch_mutex);
            left = least(left, r->count);
        }
    }
}

/* Tells w's subscriber if there is something, and returns by when to look again. */
static uint64_t
attend(struct watch *w, uint64_t now)
{
    if (watch_has_news(w)) {
        watch_signal(w);
        return UINT64_MAX;
    }
    if (!watch_needs_looks(w)) {
        return UINT64_MAX;
    }
    if (now >= w->look_at) {
        if (name_has_moved_on(w, now)) {
            watch_signal(w);
            return UINT64_MAX;
        }
        look_after(w, least(2 * w->look_every, LAST_LOOK), now);
    }
    return w->look_at;
}

/* W1 to W3. Returns how many words there are to sleep on. */
static unsigned
collect(struct watcher *r, struct futexv *list)
{
    uint64_t now = watcher_now();
    if (now >= r->ask_at) {
        ask_after_publishers(r, now);
    }
    unsigned n = 0;
    bool polls = false, told = false;
    uint64_t until = r->ask_at;
    for (unsigned i = 0; i < r->count; i++) {
        struct watch *w = r->watches[i];
        bool armed = w->state == ARMED;
        if (armed) {
            if (!w->asked) {
                ask_after_publisher(w, now);
            }
            until = least(until, attend(w, now));
        }
        if (w->target.word != NULL && !without_futexv) {
            uint32_t value = w->state == ARMED ? eventcount_announce(w->target.word)
                                               : __atomic_load_n(w->target.word, __ATOMIC_SEQ_CST);
            list[n++] = futexv_at(w->target.word, value);
            w->listed = true;
            if (w->state == ARMED && watch_has_news(w)) {
                watch_signal(w);
            }
        }
        told |= armed && w->state == SIGNALLED;
        polls |= w->state == ARMED && watcher_polls(w);
    }
    list[n++] = futexv_at(&r->control, r->control);
    r->poll_every = told || !polls ? FIRST_POLL : least(2 * r->poll_every, WATCHER_LAST_POLL);
    r->until = polls ? least(until, now + r->poll_every) : until;
    return n;
}

static void
end(struct watcher *r)
{
    struct watcher **link = &watchers;
    while (*link != r) {
        link = &(*link)->next;
    }
    fork_step_begin();
    *link = r->next;
    fork_step_end();
    free(r);
}

static void *
run(void *argument)
{
    struct watcher *r = argument;
    struct futexv list[FUTEXV_MOST];
    prctl(PR_SET_NAME, "shm_pub_sub"); /* for top -H and debuggers */
    pthread_mutex_lock(&watch_mutex);
    while (r->count > 0) {
        unsigned n = collect(r, list);
        uint64_t until = r->until;
        bool alone = without_futexv;
        pthread_mutex_unlock(&watch_mutex);
        bool slept = !alone && futexv_sleep(list, n, until);
        if (alone) {
            eventcount_sleep(&r->control, (uint32_t)list[n - 1].value, until, EVENTCOUNT_ANYBODY);
        }
        pthread_mutex_lock(&watch_mutex);
        without_futexv |= !alone && !slept;
    }
    end(r);
    pthread_mutex_unlock(&watch_mutex);
    return NULL;
}

/* Makes the watcher look at its list again. */
void
watcher_kick(struct watcher *r)
{
    __atomic_fetch_add(&r->control, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &r->control, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Returns 0 or an errno. */
int
watcher_start(struct watcher *r)
{
    /* Signals are for the program's own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    int failure = pthread_attr_init(&attributes);
    if (failure == 0) {
        pthread_t thread;
        pthread_attr_setstacksize(&attributes, STACK);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        failure = pthread_create(&thread, &attributes, run, r);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    r->running = failure == 0;
    return failure;
}

/* Returns a watcher with a place and a thread, or NULL with errno set. */
static struct watcher *
find_watcher(void)
{
    struct watcher *r = watchers;
    while (r != NULL && r->count == WATCHER_MOST) {
        r = r->next;
    }
    if (r == NULL) {
        r = calloc(1, sizeof *r);
        if (r == NULL) {
            return NULL;
        }
        r->next = watchers;
        fork_step_begin();
        watchers = r;
        fork_step_end();
    }
    return r;
}

/* Gives w a place in a watcher that has a thread. Returns 0 or an errno. */
int
watcher_join(struct watch *w)
{
    struct watcher *r = find_watcher();
    if (r == NULL) {
        return errno;
    }
    w->watcher = r;
    w->place = r->count;
    fork_step_begin();
    r->watches[r->count++] = w;
    fork_step_end();
    int failure = r->running ? 0 : watcher_start(r);
    if (failure != 0) {
        r->count--;
        w->watcher = NULL;
        if (r->count == 0) {
            end(r);
        }
    }
    return failure;
}

void
watcher_leave(struct watch *w)
{
    struct watcher *r = w->watcher;
    w->watcher = NULL;
    fork_step_begin();
    r->watches[w->place] = r->watches[--r->count];
    r->watches[w->place]->place = w->place;
    fork_step_end();
    if (r->count == 0) {
        watcher_kick(r); /* to its end */
    }
}

/* Threads do not come with a fork, and one of them may have held the mutex. The child gets bells of its own
   under the parent's numbers, each SIGNALLED, and watchers when they are next armed. */
void
watcher_forked(void)
{
    watch_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    for (struct watcher *r = watchers; r != NULL; r = r->next) {
        r->running = false;
        r->ask_at = 0; /* the child's clock may be another */
        for (unsigned i = 0; i < r->count; i++) {
            watch_forked(r->watches[i]);
        }
    }
}
