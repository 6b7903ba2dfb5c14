/* Sleeping on several futexes at once: futex_waitv(2), since Linux 5.16. Declared here, as the headers may be
   older than the kernel. */
#ifndef SHM_FUTEXV_H
#define SHM_FUTEXV_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

#define FUTEXV_MAX 128 /* FUTEX_WAITV_MAX */
#define FUTEXV_SHARED 2u /* FUTEX_32, between processes */

#ifdef SYS_futex_waitv
#define FUTEXV_CALL SYS_futex_waitv
#else
#define FUTEXV_CALL 449 /* on every architecture except alpha */
#endif

struct futexv {
    uint64_t value;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
};

static inline struct futexv
futexv_at(const uint32_t *word, uint32_t value)
{
    return (struct futexv){.value = value, .address = (uintptr_t)word, .flags = FUTEXV_SHARED};
}

/* Sleeps until one of the words is woken or differs from its value, until `until`, CLOCK_MONOTONIC ns, or until a
   signal. Wake-ups can be spurious. Returns false if the kernel or a sandbox lacks the call. */
static inline bool
futexv_sleep(struct futexv *list, unsigned count, uint64_t until)
{
    struct timespec limit = timespec_of(until);
    if (syscall(FUTEXV_CALL, list, count, 0, &limit, CLOCK_MONOTONIC) >= 0) {
        return true;
    }
    /* EFAULT: a word was unmapped after it was listed. */
    return errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT || errno == EFAULT;
}

#endif
