/* A descriptor for each subscriber that is readable while there may be something new. Publishers only wake futexes;
   a thread of this process, a notifier, turns that into a readable descriptor: it sleeps on the wait words of up to
   127 topics at once. It starts when a program first asks for a descriptor.

   A watch is ARMED (its subscriber has seen everything; signal what comes) or SIGNALLED. The descriptor is readable
   exactly while it is SIGNALLED. A subscriber that finds its ring empty arms it. All of this is under one mutex,
   except for sleeping.

   arm                                        notifier, in a loop
   A1  announce on the word                   W1  every ARMED one: head beyond seen, or retired: signal;
   A2  head beyond seen, or retired:              otherwise announce, and look again
         stay SIGNALLED                       W2  list each word with its value: of an ARMED one what was
   A3  otherwise drain the descriptor, ARMED      announced, of a SIGNALLED one its present value
   A4  the word is not listed: change the     W3  list the control word
         control word, and wake               W4  without the mutex: futex_waitv, for one slice at most

   No wake-up is lost (docs/models/watch.pml): the publisher of a value published after A2 finds the announcement, as
   any waiter's, moves the epoch on and wakes. If the notifier sleeps on the word by then it is woken, even if it
   listed the word while SIGNALLED; if it does not yet, the value of W2 is out of date and futex_waitv returns. So
   arming wakes nobody unless the word is new (A4).

   A SIGNALLED watch is not announced: a publisher that is faster than its reader pays for one wake per arming, three
   at worst, and not for one per value.

   The notifier polls for everything that no wake reports: every slice whether a publisher has died and, if it has or
   there is no file, whether the name points at another file. It does not if somebody reports each change of the name
   (watch_tell, hot/names.c): a publisher's end alone brings nothing new, and its successor changes the name. A report
   signals; the subscriber takes all, looks at the name, says what it is (watch_set_name) and arms. If the name changes
   after that look, another report follows. A slice is then three times as long: it is only for a publisher that is
   killed between its head and its wake. A publisher that lives on without its name is asked for as ever once the
   name is another file's. An untrusted file is ignored, but signalled once a second
   for the subscriber to check it again. Words that cannot be written are polled.

   On a kernel without futex_waitv the notifier lists the control word alone. The first few words have a thread each
   (sleeper.c), which does W1, W2 and W4; the other ones are polled. */
#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "backoff.h"
#include "clock.h"
#include "eventcount.h"
#include "notifier.h"

#define UNTRUSTED_INTERVAL 1000000000u /* ns */

int
watch_new(struct watch **made)
{
    struct watch *w = malloc(sizeof *w);
    if (w == NULL) {
        return ENOMEM;
    }
    int failure = watch_entry_init(w);
    w->holders = 1;
    if (failure == 0) {
        pthread_mutex_lock(&notifier_mutex);
        failure = notifier_add(w);
        pthread_mutex_unlock(&notifier_mutex);
    }
    if (failure != 0) {
        if (w->fd >= 0) {
            close(w->fd);
        }
        free(w);
        w = NULL;
    }
    *made = w;
    return failure;
}

void
watch_hold(struct watch *w)
{
    w->holders++;
}

void
watch_release(struct watch *w)
{
    if (--w->holders > 0) {
        return;
    }
    watch_end(w);
    if (watch_fd_is_ours(w)) {
        close(w->fd);
    }
    free(w);
}

/* A3 and A4. */
static void
arm(struct watch *w, struct notifier *n)
{
    watch_set_armed(w);
    bool looks = watch_needs_looks(w), polls = notifier_polls(w);
    uint64_t now = looks || polls ? clock_now(CLOCK_MONOTONIC) : 0, by = UINT64_MAX;
    if (looks) {
        notifier_look_soon(w, now);
        w->untrusted_until = now + UNTRUSTED_INTERVAL;
        by = w->look_at;
    }
    else if (polls) {
        n->poll_interval = FIRST_POLL;
        by = now + FIRST_POLL;
    }
    if ((w->target.wait != NULL && !w->listed) || n->until > by) {
        notifier_wake(n);
    }
}

void
watch_arm(struct watch *w, const struct watch_target *target, uint64_t seen)
{
    const struct watch_target *old = &w->target;
    bool same = old->wait == target->wait && old->head == target->head && old->dev == target->dev &&
                old->ino == target->ino && old->path == target->path &&
                identity_same(&old->untrusted, &target->untrusted);
    /* If a notifier is about to signal, it has something to signal. */
    if (same && w->seen == seen && __atomic_load_n(&w->state, __ATOMIC_RELAXED) == ARMED) {
        return;
    }
    pthread_mutex_lock(&notifier_mutex);
    struct notifier *n = w->notifier;
    if (n != NULL) {
        if (!same) {
            w->target = *target;
            w->listed = w->checked = w->dead = false;
        }
        w->seen = seen;
        if (target->wait != NULL) {
            (void)eventcount_announce(target->wait->word);
        }
        if (watch_has_news(w)) {
            watch_set_signalled(w);
        }
        /* If it cannot have a thread, in a forked child, the descriptor stays readable: the program polls. */
        else if (n->running || notifier_start(n) == 0) {
            arm(w, n);
        }
    }
    pthread_mutex_unlock(&notifier_mutex);
}

void
watch_tell(struct watch *w, bool told)
{
    pthread_mutex_lock(&notifier_mutex);
    w->told = w->renamed = told;
    w->named = w->checked = w->dead = false;
    watch_set_signalled(w); /* the subscriber looks, and arms it again */
    pthread_mutex_unlock(&notifier_mutex);
}

void
watch_renamed(struct watch *w)
{
    pthread_mutex_lock(&notifier_mutex);
    w->renamed = w->told;
    watch_set_signalled(w);
    pthread_mutex_unlock(&notifier_mutex);
}

bool
watch_asks_name(const struct watch *w)
{
    return w->told && (w->renamed || !w->named);
}

void
watch_set_name(struct watch *w, bool elsewhere)
{
    pthread_mutex_lock(&notifier_mutex);
    w->renamed = false;
    w->named = w->told && !elsewhere;
    w->checked = w->dead = false;
    if (elsewhere && w->notifier != NULL) {
        notifier_wake(w->notifier); /* to check the publisher from now on */
    }
    pthread_mutex_unlock(&notifier_mutex);
}

/* The notifier may still sleep on the word. The kernel's queue identifies it by the file, and if another mapping has
   the address by then, that costs one spurious wake-up. */
void
watch_detach(struct watch *w)
{
    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&notifier_mutex);
    watch_set_signalled(w);
    w->listed = false;
    w->target = (struct watch_target){.fd = -1};
    pthread_mutex_unlock(&notifier_mutex);
}

void
watch_end(struct watch *w)
{
    watch_detach(w);
    pthread_mutex_lock(&notifier_mutex);
    if (w->notifier != NULL) {
        notifier_remove(w);
    }
    pthread_mutex_unlock(&notifier_mutex);
}
