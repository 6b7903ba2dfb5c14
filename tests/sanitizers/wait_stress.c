/* protocol/eventcount.h, unchanged, under real threads and without Python: built plainly and with sanitizers by
   test_ring.py.

       wait_stress heap|mapped ROUNDS

   The writer goes on when all waiters have the value, so that after one lost wake-up a waiter sleeps until its time is
   up. */
#include "stress.h"

#ifndef WAIT_SECONDS
#define WAIT_SECONDS 10
#endif

static uint64_t rounds;
static uint64_t seen[READERS]; /* the newest value that each waiter has */
static uint64_t sleeps;

struct waiter {
    const struct memory *memory;
    int number;
};

/* wait.c's sleep_on, but for its time, which must never be up. */
static void
wait_for_news(uint32_t *word, const struct ring *r, uint64_t last)
{
#ifdef NO_SECOND_LOOK
    sched_yield();
#endif
    uint32_t announced = eventcount_announce(word);
#ifndef NO_SECOND_LOOK
    if (__atomic_load_n(&r->mapped->head, __ATOMIC_SEQ_CST) != last) {
        return;
    }
#endif
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    __atomic_fetch_add(&sleeps, 1, __ATOMIC_RELAXED);
    uint64_t until = ((uint64_t)before.tv_sec + WAIT_SECONDS) * 1000000000u + (uint64_t)before.tv_nsec;
    eventcount_sleep(word, announced, until, EVENTCOUNT_ANYBODY);
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (after.tv_sec - before.tv_sec >= WAIT_SECONDS && ring_published(r) == last + 1) {
        FAIL("a wake-up was lost after value %lu", last);
    }
}

static void *
waiter(void *argument)
{
    const struct waiter *self = argument;
    const struct memory *m = self->memory;
    struct ring r = ring_at(m->readable, FIRST, STRIDE, m->count);
    uint32_t *wait = (uint32_t *)(m->writable + WAIT);
    for (uint64_t last = 0; last < rounds;) {
        uint64_t head = ring_published(&r);
        if (head == last) {
            wait_for_news(wait, &r, last);
            continue;
        }
        uint64_t word = 0, time = 0;
        if (ring_newest(&r, &word, &time) != RING_OK || r.k < head || word != word_of(r.k)) {
            FAIL("woken for value %lu, found %lu", head, r.k);
        }
        last = r.k;
        __atomic_store_n(&seen[self->number], last, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void
waiters(uint64_t count)
{
    struct memory m = new_memory(count);
    pthread_t threads[READERS];
    struct waiter each[READERS];
    for (int i = 0; i < READERS; i++) {
        seen[i] = 0;
        each[i] = (struct waiter){&m, i};
        threads[i] = start(waiter, &each[i]);
    }
    struct ring r = ring_at(m.writable, FIRST, STRIDE, count);
    for (uint64_t k = 1; k <= rounds; k++) {
        write_value(&r, k);
        eventcount_notify((uint32_t *)(m.writable + WAIT));
        for (int i = 0; i < READERS; i++) {
            while (__atomic_load_n(&seen[i], __ATOMIC_ACQUIRE) != k) {
                sched_yield();
            }
        }
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    free_memory(m);
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        FAIL("usage: wait_stress heap|mapped ROUNDS");
    }
    mapped = strcmp(argv[1], "mapped") == 0;
    rounds = strtoull(argv[2], NULL, 10);
    for (uint64_t count = 2; count <= 4; count++) {
        waiters(count);
    }
    printf("%lu rounds, %lu sleeps\n", 3 * rounds, sleeps);
    return 0;
}
