/* The eventcount that subscribers wait on: internal/futex/eventcount.go explains it. */
#ifndef SHM_EVENTCOUNT_H
#define SHM_EVENTCOUNT_H

#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

#define EVENTCOUNT_WAITING 1u
#define EVENTCOUNT_ANYBODY 0xffffffffu /* FUTEX_BITSET_MATCH_ANY */

/* The caller has just stored head seq_cst. A waiter sets its bit seq_cst and then loads head again seq_cst. In
   their single total order either the waiter sees the new head or the load below sees the bit. If nobody waits
   this is only that load. */
static inline void
eventcount_notify(uint32_t *word)
{
    uint32_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    while (__builtin_expect(w & EVENTCOUNT_WAITING, 0)) {
        /* epoch<<1|1 plus 1 is (epoch+1)<<1: the next epoch, nobody waiting. */
        if (__atomic_compare_exchange_n(word, &w, w + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
            return;
        }
    }
}

/* Sets the waiting bit and returns the value to sleep on. The caller then looks again, seq_cst, for what it waits
   for, and sleeps only if it finds nothing. */
static inline uint32_t
eventcount_announce(uint32_t *word)
{
    uint32_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    while ((w & EVENTCOUNT_WAITING) == 0) {
        if (__atomic_compare_exchange_n(word, &w, w | EVENTCOUNT_WAITING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            return w | EVENTCOUNT_WAITING;
        }
    }
    return w;
}

/* Sleeps until somebody notifies, or interrupts one of these bits; until `until`, CLOCK_MONOTONIC ns; or until a
   signal. Wake-ups can be spurious. The value need not be an announced one: a sleeper whose word lacks the waiting bit
   is woken once another waiter announces. */
static inline void
eventcount_sleep(uint32_t *word, uint32_t announced, uint64_t until, uint32_t bits)
{
    struct timespec limit = timespec_of(until);
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET, announced, &limit, NULL, bits);
}

/* Wakes the waiters that sleep with one of these bits; the reason was stored seq_cst before. The epoch moves on,
   for a waiter that is about to sleep, and the waiting bit stays as it is: all other waiters sleep on, and the next
   notify wakes them even if this process is killed in between. */
static inline void
eventcount_interrupt(uint32_t *word, uint32_t bits)
{
    __atomic_fetch_add(word, 2, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, bits);
}

#endif
