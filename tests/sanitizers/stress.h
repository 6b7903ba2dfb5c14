/* What ring_stress.c, ring_meeting.c and wait_stress.c share: a ring's memory, its writer, and threads.

   mapped: a memfd, mapped again and read-only for the readers, as in the product. TSan goes by
   virtual address and sees no pair of accesses there; heap is for it.

   The macros PLAIN_STORE, NO_ODD_MARK, NO_SECOND_LOOK, NO_LOST and SHORT_MEMORY break the harness, never
   the product: what they break must be found, or finding nothing means nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "eventcount.h"
#include "times.h"

#define READERS 3
#define SLOT_0 256 /* from the header on, with which the memory begins */
#define FIRST (SHM_HEADER_OFFSET + SLOT_0)
#define WAIT 192 /* the wait word, which has a page of its own in the product, in unused bytes of the header */
#define STRIDE 32

#define FAIL(...) (fprintf(stderr, "stress: " __VA_ARGS__), fputc('\n', stderr), exit(1))

struct memory {
    unsigned char *writable, *readable;
    size_t size;
    uint64_t count;
};

static bool mapped;

static uint64_t
word_of(uint64_t k)
{
    return k * 0x9e3779b97f4a7c15u;
}

/* Times never decrease; two values have one. */
static uint64_t
time_of(uint64_t k)
{
    return k / 2 * 1000 + 7;
}

static struct memory
new_memory(uint64_t count)
{
    struct memory m = {.size = SLOT_0 + count * STRIDE, .count = count};
#ifdef SHORT_MEMORY
    m.size -= 16; /* the last slot has no payload */
#endif
    if (mapped) {
        int fd = memfd_create("stress", MFD_CLOEXEC);
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

/* What the product's writer does, or one of the ways to get it wrong. */
static void
write_value(struct ring *r, uint64_t k)
{
#if defined(PLAIN_STORE) || defined(NO_ODD_MARK)
    struct ring_slot *s = ring_seek(r, k);
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
    __atomic_store_n(&r->mapped->head, k, __ATOMIC_SEQ_CST);
#else
    ring_write(r, word_of(k), time_of(k));
#endif
}

static inline pthread_t
start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, argument) != 0) {
        FAIL("pthread_create");
    }
    return thread;
}
