/* Without futex_waitv a thread sleeps on one word only, and has no control word beside it. So the notifier, which watch.c
   describes, sleeps on its control word alone, and each of the first few watches with a word has a sleeper, which does
   W1, W2 and W4 for that watch. It has no slices: the notifier's suffice.

   Its word changes when the subscriber takes another file, and is gone when it is closed. Then the sleeper is woken
   through the word that it sleeps on, as waiters are interrupted: the epoch moves on, for a sleeper that is only about
   to sleep, and those with its bit are woken. Other waiters with that bit, one in 32, look once too often; publishers
   are not concerned.

   K1  the watch's target or end, under the mutex     S1  under the mutex: end, or W1 and W2
   K2  the word it sleeps on: epoch + 1               S2  hold the word's page
   K3  wake its bit                                   S3  without the mutex: sleep on the word's value of W2

   If K1 comes after W2 the kernel finds another value in S3, or K3 finds the sleeper asleep. The page stays mapped
   meanwhile, even if the subscriber releases it. */
#define _GNU_SOURCE
#include "sleeper.h"

#include <stdlib.h>

#include "eventcount.h"
#include "fork.h"
#include "helper_thread.h"

#define RETRY_INTERVAL 1000000000u /* ns, after the system refused a thread */

struct sleeper {
    struct watch *watch;    /* NULL: it is to end */
    struct wait_page *page; /* that it sleeps on, or is about to, and holds; NULL: it takes the mutex next. In a child,
                               until the sleeper is served or ends, its parent's. */
    bool running;
    uint64_t retry_at; /* CLOCK_MONOTONIC ns: not sooner */
};

static unsigned count; /* of sleepers with a watch */

static void *
run(void *argument)
{
    struct sleeper *s = argument;
    helper_thread_name();
    pthread_mutex_lock(&notifier_mutex);
    while (s->watch != NULL && s->watch->target.wait != NULL) {
        struct wait_page *page = s->watch->target.wait;
        uint32_t value = watch_list(s->watch);
        fork_step_begin();
        wait_page_hold(page);
        s->page = page;
        fork_step_end();
        pthread_mutex_unlock(&notifier_mutex);
        eventcount_sleep(page->word, value, UINT64_MAX, page->bit);
        pthread_mutex_lock(&notifier_mutex);
        fork_step_begin();
        s->page = NULL;
        wait_page_release(page);
        fork_step_end();
    }
    fork_step_begin();
    if (s->watch != NULL) {
        s->watch->sleeper = NULL;
        count--;
    }
    free(s);
    fork_step_end();
    pthread_mutex_unlock(&notifier_mutex);
    return NULL;
}

/* K2 and K3. */
static void
wake(const struct sleeper *s)
{
    if (s->page != NULL) {
        eventcount_interrupt(s->page->word, s->page->bit);
    }
}

/* In a child. Not in its handler, which may not free. */
static void
release_parents_page(struct sleeper *s)
{
    if (!s->running && s->page != NULL) {
        fork_step_begin();
        wait_page_release(s->page);
        s->page = NULL;
        fork_step_end();
    }
}

static struct sleeper *
new_sleeper(struct watch *w)
{
    struct sleeper *s = count < SLEEPERS_MAX ? calloc(1, sizeof *s) : NULL;
    if (s != NULL) {
        s->watch = w;
        fork_step_begin();
        w->sleeper = s;
        fork_step_end();
        count++;
    }
    return s;
}

bool
sleeper_serve(struct watch *w, uint64_t now)
{
    struct sleeper *s = w->sleeper;
    if (s != NULL) {
        release_parents_page(s);
    }
    if (w->target.wait == NULL) {
        if (s != NULL) {
            wake(s);
        }
        return false;
    }
    if (s == NULL) {
        s = new_sleeper(w);
        if (s == NULL) {
            return false;
        }
    }
    if (!s->running && now >= s->retry_at) {
        s->running = helper_thread(run, s) == 0;
        s->retry_at = now + RETRY_INTERVAL;
    }
    else if (s->page != w->target.wait) {
        wake(s);
    }
    return s->running;
}

void
sleeper_end(struct watch *w)
{
    struct sleeper *s = w->sleeper;
    if (s == NULL) {
        return;
    }
    s->watch = NULL;
    count--;
    release_parents_page(s);
    fork_step_begin();
    w->sleeper = NULL;
    if (s->running) {
        wake(s);
    }
    else {
        free(s);
    }
    fork_step_end();
}

void
sleepers_forked(void)
{
    count = 0;
}

void
sleeper_forked(struct watch *w)
{
    struct sleeper *s = w->sleeper;
    if (s != NULL) {
        count++;
        s->running = false;
        s->retry_at = 0; /* the child's clock may be another */
    }
}
