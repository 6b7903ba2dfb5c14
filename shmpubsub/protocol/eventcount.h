/* The eventcount on which subscribers wait: internal/futex/eventcount.go says how it works.

   head was stored seq_cst just before; the waiter sets its bit seq_cst and then looks at head again
   seq_cst. In their one total order either the waiter sees the new head or the load below sees the
   bit. With nobody waiting it is that one load. */
#ifndef SHM_EVENTCOUNT_H
#define SHM_EVENTCOUNT_H

#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backoff.h"

#define EVENTCOUNT_WAITING 1u
#define EVENTCOUNT_ANYBODY 0xffffffffu /* FUTEX_BITSET_MATCH_ANY */

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

/* Says that somebody waits, and returns what to sleep on. The caller then looks seq_cst whether there is
   something new, and sleeps only if there is not. */
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

/* Sleeps until somebody notifies, or interrupts one of those bits; until a time of CLOCK_MONOTONIC in ns, or a
   signal. It may return for nothing. */
static inline void
eventcount_sleep(uint32_t *word, uint32_t announced, uint64_t until, uint32_t bits)
{
    struct timespec limit = timespec_of(until);
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET, announced, &limit, NULL, bits);
}

/* Has those look again who sleep with one of those bits; they find a reason that was stored seq_cst before. The
   epoch moves on, for who is about to sleep, and somebody still waits: whoever else sleeps goes on
   sleeping, and the next to notify wakes him, also where this process is killed in between. */
static inline void
eventcount_interrupt(uint32_t *word, uint32_t bits)
{
    uint32_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    while (w & EVENTCOUNT_WAITING) {
        if (__atomic_compare_exchange_n(word, &w, w + 2, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            syscall(SYS_futex, word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, bits);
            return;
        }
    }
}

#endif
