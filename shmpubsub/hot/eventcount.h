/* The publisher's side of the eventcount: internal/futex/eventcount.go says how it works.

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
#include <unistd.h>

#define EVENTCOUNT_WAITING 1u

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

#endif
