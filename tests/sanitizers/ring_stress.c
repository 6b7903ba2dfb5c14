/* hot/ring.h and hot/eventcount.h, as they are, under real threads and without Python: built plainly
   and with sanitizers by test_ring.py.

       ring_stress heap|mapped VALUES ROUNDS

   Three parts, each in a fresh ring of few slots, so that the writer often laps the readers:
   storm     one writer at full speed, readers at full speed; now and then the writer dies in the
             middle of a value and another goes on with ring_at. Never torn, never backwards, and
             what was published before a read began is read.
   waiters   the writer goes on when all waiters have the value, so that a wake-up that is lost once
             is a waiter that sleeps until its time is up.
   garbage   ring_newest in memory of any content ends, and stays within it.

   mapped: a memfd, mapped again and read-only for the readers, as in the product. TSan goes by
   virtual address and sees no pair of accesses there; heap is for it.

   The macros PLAIN_STORE, NO_ODD_MARK, NO_SECOND_LOOK and SHORT_MEMORY break the harness, never the
   product: what they break must be found, or finding nothing means nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "eventcount.h"
#include "ring.h"

#define READERS 3
#define FIRST (4096 + 256) /* slot 0 */
#define STRIDE 32
#ifndef WAIT_SECONDS
#define WAIT_SECONDS 10
#endif

#define FAIL(...) (fprintf(stderr, "ring_stress: " __VA_ARGS__), fputc('\n', stderr), exit(1))

struct memory {
    unsigned char *writable, *readable;
    size_t size;
    uint64_t count;
};

static bool mapped;
static uint64_t values, rounds;

static uint64_t
word_of(uint64_t k)
{
    return k * 0x9e3779b97f4a7c15u;
}

static uint64_t
time_of(uint64_t k)
{
    return ~k;
}

static struct memory
new_memory(uint64_t count)
{
    struct memory m = {.size = FIRST + count * STRIDE, .count = count};
#ifdef SHORT_MEMORY
    m.size -= 16; /* the last slot has no payload */
#endif
    if (mapped) {
        int fd = memfd_create("ring_stress", MFD_CLOEXEC);
        if (fd < 0 || ftruncate(fd, (off_t)m.size) != 0) {
            FAIL("memfd: %m");
        }
        m.writable = mmap(NULL, m.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        m.readable = mmap(NULL, m.size, PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
        if (m.writable == MAP_FAILED || m.readable == MAP_FAILED) {
            FAIL("mmap: %m");
        }
    }
    else {
        m.writable = m.readable = calloc(1, m.size);
    }
    return m;
}

static void
free_memory(struct memory m)
{
    if (mapped) {
        munmap(m.writable, m.size);
        munmap(m.readable, m.size);
    }
    else {
        free(m.writable);
    }
}

static uint64_t
head_of(const struct shm_ring *r)
{
    return __atomic_load_n(&r->state->head, __ATOMIC_ACQUIRE);
}

/* What the product's writer does, or one of the ways to get it wrong. */
static void
write_value(struct shm_ring *r, uint64_t k)
{
#if defined(PLAIN_STORE) || defined(NO_ODD_MARK)
    struct shm_slot *s = ring_seek(r, k);
#ifndef NO_ODD_MARK
    __atomic_store_n(&s->sequence, 2 * k - 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
#endif
    __atomic_store_n(&s->time, time_of(k), __ATOMIC_RELAXED);
#ifdef PLAIN_STORE
    s->payload[0] = word_of(k);
#else
    __atomic_store_n(&s->payload[0], word_of(k), __ATOMIC_RELAXED);
#endif
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
    __atomic_store_n(&r->state->head, k, __ATOMIC_SEQ_CST);
#else
    ring_write(r, word_of(k), time_of(k));
#endif
}

/* Reads the newest value, which must be at least number `least`, and returns its number. */
static uint64_t
read_value(struct shm_ring *r, uint64_t least)
{
    uint64_t word = 0, time = 0;
    switch (ring_newest(r, &word, &time)) {
    case RING_CORRUPT:
        FAIL("found garbage after value %lu", least);
    case RING_EMPTY:
        if (least > 0) {
            FAIL("found nothing after value %lu", least);
        }
        return 0;
    case RING_OK:
        break;
    }
    if (r->k < least) {
        FAIL("went back from value %lu to %lu", least, r->k);
    }
    if (word != word_of(r->k) || time != time_of(r->k)) {
        FAIL("value %lu is torn: word %#lx, time %#lx", r->k, word, time);
    }
    return r->k;
}

/* Storm. */

static void *
storm_reader(void *argument)
{
    const struct memory *m = argument;
    struct shm_ring r = ring_at(m->readable, FIRST, STRIDE, m->count);
    uint64_t last = 0;
    while (last < values) {
        uint64_t published = head_of(&r);
        uint64_t k = read_value(&r, published > last ? published : last);
        last = k;
    }
    return NULL;
}

/* One writer's life: from where the last one stopped until it dies, in the middle of a value. */
static void *
storm_writer(void *argument)
{
    const struct memory *m = argument;
    struct shm_ring r = ring_at(m->writable, FIRST, STRIDE, m->count);
    uint64_t until = r.k + values / 16;
    for (uint64_t k = r.k + 1; k <= until && k <= values; k++) {
        write_value(&r, k);
    }
    if (r.k < values) {
        struct shm_slot *s = ring_seek(&r, r.k + 1);
        __atomic_store_n(&s->sequence, 2 * r.k - 1, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        __atomic_store_n(&s->payload[0], 0xdead, __ATOMIC_RELAXED);
    }
    return NULL;
}

static pthread_t
start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, argument) != 0) {
        FAIL("pthread_create");
    }
    return thread;
}

static void
storm(uint64_t count)
{
    struct memory m = new_memory(count);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = start(storm_reader, &m);
    }
    struct shm_ring r = ring_at(m.readable, FIRST, STRIDE, count);
    while (head_of(&r) < values) {
        pthread_join(start(storm_writer, &m), NULL);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    free_memory(m);
}

/* Waiters. */

static uint64_t seen[READERS]; /* the newest value that each waiter has */
static uint64_t sleeps;

struct waiter {
    const struct memory *memory;
    int number;
};

/* docs/memory-layout.md, Waiting. The word's page is the one that a subscriber may map writable. */
static void
wait_for_news(uint32_t *word, const struct shm_ring *r, uint64_t last)
{
    uint32_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);
#ifdef NO_SECOND_LOOK
    sched_yield();
#endif
    uint32_t waiting = w | EVENTCOUNT_WAITING;
    if (w != waiting && !__atomic_compare_exchange_n(word, &w, waiting, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return;
    }
#ifndef NO_SECOND_LOOK
    if (__atomic_load_n(&r->state->head, __ATOMIC_SEQ_CST) != last) {
        return;
    }
#else
    (void)r, (void)last;
#endif
    struct timespec limit = {.tv_sec = WAIT_SECONDS};
    __atomic_fetch_add(&sleeps, 1, __ATOMIC_RELAXED);
    if (syscall(SYS_futex, word, FUTEX_WAIT, waiting, &limit, NULL, 0) != 0 && errno == ETIMEDOUT) {
        FAIL("a wake-up was lost after value %lu", last);
    }
}

static void *
waiter(void *argument)
{
    const struct waiter *self = argument;
    const struct memory *m = self->memory;
    struct shm_ring r = ring_at(m->readable, FIRST, STRIDE, m->count);
    uint32_t *word = (uint32_t *)(m->writable + SHM_WAIT_OFFSET);
    for (uint64_t last = 0; last < rounds;) {
        uint64_t head = head_of(&r);
        if (head == last) {
            wait_for_news(word, &r, last);
            continue;
        }
        last = read_value(&r, head);
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
    struct shm_ring r = ring_at(m.writable, FIRST, STRIDE, count);
    for (uint64_t k = 1; k <= rounds; k++) {
        write_value(&r, k);
        eventcount_notify((uint32_t *)(m.writable + SHM_WAIT_OFFSET));
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

/* Garbage. */

static void
garbage(uint64_t count)
{
    static uint64_t x = 88172645463325252u; /* xorshift64 */
    struct memory m = new_memory(count);
    for (int i = 0; i < 300; i++) {
        for (size_t at = FIRST; at + 8 <= m.size; at += 8) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            uint64_t few = x >> 60, any = x >> (x % 3 * 20);
            memcpy(m.writable + at, x & 64 ? &few : &any, 8);
        }
        struct shm_ring r = ring_at(m.readable, FIRST, STRIDE, count);
        uint64_t head = x >> (x % 5 * 13);
        memcpy(m.writable + SHM_HEAD_OFFSET, &head, 8);
        uint64_t sequence, word, time;
        memcpy(&sequence, m.readable + FIRST + head % count * STRIDE, 8);
        enum ring_read found = ring_newest(&r, &word, &time);
        enum ring_read want = head == 0                                       ? RING_EMPTY
                              : head < RING_IMPOSSIBLE && sequence == 2 * head ? RING_OK
                                                                               : RING_CORRUPT;
        if (found != want) {
            FAIL("garbage: head %lu, sequence %lu: %d, not %d", head, sequence, found, want);
        }
    }
    free_memory(m);
}

int
main(int argc, char **argv)
{
    if (argc != 4) {
        FAIL("usage: ring_stress heap|mapped VALUES ROUNDS");
    }
    mapped = strcmp(argv[1], "mapped") == 0;
    values = strtoull(argv[2], NULL, 10);
    rounds = strtoull(argv[3], NULL, 10);
    for (uint64_t count = 2; count <= 4; count++) {
        garbage(count);
        storm(count);
        waiters(count);
    }
    printf("%lu values, %lu sleeps\n", 3 * values, sleeps);
    return 0;
}
