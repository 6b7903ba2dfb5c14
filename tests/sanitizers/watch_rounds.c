/* protocol/notifier.c's round of checks, with everything that may happen while it has released the mutex: any of the watches
   leave, at any of the gaps. Those that stay must all have been checked at its end. There is no thread and no file: the
   check and the gap are replaced. Prints the number of rounds. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define owner_lock_held the_real_one
#include "owner.h"
#undef owner_lock_held

static int owner_lock_held(int fd, dev_t dev, ino_t ino);
static int gap(pthread_mutex_t *mutex);
#define pthread_mutex_unlock gap
#include "notifier.c"
#undef pthread_mutex_unlock

#define FAIL(...) (fprintf(stderr, "watch_rounds: " __VA_ARGS__), fputc('\n', stderr), exit(1))

static struct notifier notifier;
static struct watch watches[NOTIFIER_MAX];
static unsigned checks[NOTIFIER_MAX];
static unsigned gaps, leave_at, leavers[3];
static struct ring_head head;

static int
owner_lock_held(int fd, dev_t dev, ino_t ino)
{
    (void)dev;
    (void)ino;
    checks[fd]++;
    return 1;
}

static int
gap(pthread_mutex_t *mutex)
{
    if (gaps++ == leave_at) {
        for (int i = 0; i < 3; i++) {
            if (watches[leavers[i]].notifier != NULL) {
                notifier_remove(&watches[leavers[i]]);
            }
        }
    }
    return pthread_mutex_unlock(mutex);
}

static void
check_round(unsigned count)
{
    memset(checks, 0, sizeof checks);
    gaps = 0;
    notifier = (struct notifier){.count = count};
    for (unsigned i = 0; i < count; i++) {
        watches[i] = (struct watch){.state = i % 3 == 0 ? SIGNALLED : ARMED, .notifier = &notifier, .index = i,
                                    .target = {.head = &head, .fd = (int)i}};
        notifier.watches[i] = &watches[i];
    }
    pthread_mutex_lock(&notifier_mutex);
    check_publishers(&notifier, 1);
    pthread_mutex_unlock(&notifier_mutex);
    for (unsigned i = 0; i < count; i++) {
        if (watches[i].notifier != NULL && checks[i] == 0) {
            FAIL("of %u watches, %u, %u and %u left at gap %u: %u was skipped", count, leavers[0], leavers[1],
                 leavers[2], leave_at, i);
        }
        if (checks[i] > 2) {
            FAIL("of %u watches, %u was checked %u times", count, i, checks[i]);
        }
    }
}

/* A watch with a new target is checked at once: its subscriber's last check may be almost a slice ago. */
static void
check_new_target(void)
{
    struct futexv list[FUTEXV_MAX];
    memset(checks, 0, sizeof checks);
    notifier = (struct notifier){.count = 2, .check_at = UINT64_MAX};
    for (unsigned i = 0; i < 2; i++) {
        watches[i] = (struct watch){.state = ARMED, .notifier = &notifier, .index = i, .checked = i == 0,
                                    .target = {.head = &head, .fd = (int)i}};
        notifier.watches[i] = &watches[i];
    }
    for (int times = 0; times < 2; times++) {
        pthread_mutex_lock(&notifier_mutex);
        (void)collect(&notifier, list);
        pthread_mutex_unlock(&notifier_mutex);
    }
    if (checks[0] != 0 || checks[1] != 1) {
        FAIL("checked an old target %u times and a new one %u times", checks[0], checks[1]);
    }
}

/* If the name is watched nobody asks for the publisher, and a slice is longer; one that is not among them shortens it. */
static void
check_named(void)
{
    struct futexv list[FUTEXV_MAX];
    for (unsigned unnamed = 0; unnamed < 2; unnamed++) {
        memset(checks, 0, sizeof checks);
        notifier = (struct notifier){.count = 2};
        for (unsigned i = 0; i < 2; i++) {
            watches[i] = (struct watch){.state = ARMED, .notifier = &notifier, .index = i, .told = true,
                                        .named = i == 0 || !unnamed, .target = {.head = &head, .fd = (int)i}};
            notifier.watches[i] = &watches[i];
        }
        uint64_t before = clock_now(CLOCK_MONOTONIC);
        pthread_mutex_lock(&notifier_mutex);
        (void)collect(&notifier, list);
        pthread_mutex_unlock(&notifier_mutex);
        uint64_t after = clock_now(CLOCK_MONOTONIC), slice = unnamed ? CHECK_INTERVAL : NAMED_CHECK_INTERVAL;
        if (checks[0] != 0 || checks[1] != unnamed) {
            FAIL("a named watch was checked %u times, the other one %u times", checks[0], checks[1]);
        }
        if (notifier.check_at < before + slice || notifier.check_at > after + slice) {
            FAIL("with %u watches that are not named, a slice is too long, or too short", unnamed);
        }
    }
    watches[0] = (struct watch){.state = ARMED, .named = true}; /* no file, and a name that is nobody's */
    if (watch_needs_looks(&watches[0])) {
        FAIL("a name that is watched is looked at");
    }
    watches[0].target.untrusted.ino = 1; /* it is ignored for a second */
    if (!watch_needs_looks(&watches[0])) {
        FAIL("a file that is not trusted is not looked at again");
    }
}

int
main(void)
{
    unsigned long rounds = 0;
    static const unsigned counts[] = {1, 2, 7, 8, 9, 15, 16, 17, 24, 30, NOTIFIER_MAX};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        unsigned count = counts[c], step = count > 30 ? 7 : 1;
        for (leave_at = 0; leave_at <= count / CHECKS_AT_A_TIME; leave_at++) {
            for (unsigned i = 0; i < count; i += step) {
                for (unsigned j = i; j < count; j += step) {
                    for (unsigned k = j; k < count; k += step) {
                        leavers[0] = i;
                        leavers[1] = j;
                        leavers[2] = k;
                        check_round(count);
                        rounds++;
                    }
                }
            }
        }
    }
    check_new_target();
    check_named();
    printf("%lu rounds\n", rounds);
    return 0;
}
