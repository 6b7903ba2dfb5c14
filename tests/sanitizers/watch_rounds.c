/* protocol/notifier.c's round of questions after publishers, with everything that may happen while it has given the mutex
   up: any of the watches leave, at any of the gaps. Those that stay must all have been asked after by its end. No
   thread and no file: the question and the gap are replaced. Prints how many rounds there were. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define owner_lives the_real_one
#include "owner.h"
#undef owner_lives

static int owner_lives(int fd, dev_t dev, ino_t ino);
static int gap(pthread_mutex_t *mutex);
#define pthread_mutex_unlock gap
#include "notifier.c"
#undef pthread_mutex_unlock

#define FAIL(...) (fprintf(stderr, "watch_rounds: " __VA_ARGS__), fputc('\n', stderr), exit(1))

static struct watcher watcher;
static struct watch watches[WATCHER_MOST];
static unsigned asked[WATCHER_MOST];
static unsigned gaps, leave_at, leavers[3];
static struct shm_state state;

void
fork_step_begin(void)
{
}

void
fork_step_end(void)
{
}

static int
owner_lives(int fd, dev_t dev, ino_t ino)
{
    (void)dev;
    (void)ino;
    asked[fd]++;
    return 1;
}

static int
gap(pthread_mutex_t *mutex)
{
    if (gaps++ == leave_at) {
        for (int i = 0; i < 3; i++) {
            if (watches[leavers[i]].watcher != NULL) {
                watcher_leave(&watches[leavers[i]]);
            }
        }
    }
    return pthread_mutex_unlock(mutex);
}

static void
check_round(unsigned count)
{
    memset(asked, 0, sizeof asked);
    gaps = 0;
    watcher = (struct watcher){.count = count};
    for (unsigned i = 0; i < count; i++) {
        watches[i] = (struct watch){.state = i % 3 == 0 ? SIGNALLED : ARMED, .watcher = &watcher, .place = i,
                                    .target = {.state = &state, .fd = (int)i}};
        watcher.watches[i] = &watches[i];
    }
    pthread_mutex_lock(&watch_mutex);
    ask_after_publishers(&watcher, 1);
    pthread_mutex_unlock(&watch_mutex);
    for (unsigned i = 0; i < count; i++) {
        if (watches[i].watcher != NULL && asked[i] == 0) {
            FAIL("of %u watches, %u, %u and %u left at gap %u: %u was skipped", count, leavers[0], leavers[1],
                 leavers[2], leave_at, i);
        }
        if (asked[i] > 2) {
            FAIL("of %u watches, %u was asked after %u times", count, i, asked[i]);
        }
    }
}

/* A watch with a new target is asked after at once: its subscriber may not have asked for most of a slice. */
static void
check_new_target(void)
{
    struct futexv list[FUTEXV_MOST];
    memset(asked, 0, sizeof asked);
    watcher = (struct watcher){.count = 2, .ask_at = UINT64_MAX};
    for (unsigned i = 0; i < 2; i++) {
        watches[i] = (struct watch){.state = ARMED, .watcher = &watcher, .place = i, .asked = i == 0,
                                    .target = {.state = &state, .fd = (int)i}};
        watcher.watches[i] = &watches[i];
    }
    for (int times = 0; times < 2; times++) {
        pthread_mutex_lock(&watch_mutex);
        (void)collect(&watcher, list);
        pthread_mutex_unlock(&watch_mutex);
    }
    if (asked[0] != 0 || asked[1] != 1) {
        FAIL("asked after an old target %u times and a new one %u times", asked[0], asked[1]);
    }
}

int
main(void)
{
    unsigned long rounds = 0;
    static const unsigned counts[] = {1, 2, 7, 8, 9, 15, 16, 17, 24, 30, WATCHER_MOST};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        unsigned count = counts[c], step = count > 30 ? 7 : 1;
        for (leave_at = 0; leave_at <= count / AT_A_TIME; leave_at++) {
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
    printf("%lu rounds\n", rounds);
    return 0;
}
