/* Which file a subscriber reads, and when it looks for another. attachment.go is the Go side. */
#ifndef SHM_ATTACHMENT_H
#define SHM_ATTACHMENT_H

#include "subscriber_object.h"

#include "../protocol/backoff.h"

/* Releases the file. */
void attachment_detach(Subscriber *s);

/* Whether the publisher holds its lock: a system call. */
bool attachment_publisher_lives(Subscriber *s);

/* Asks the kernel whether the file may still be read. A retained file may be read without its publisher, as long as
   the name points at it. */
bool attachment_check(Subscriber *s, uint64_t now);

/* Looks for a file to read if there is none: 1 found, 0 not, -1 with an error set. */
int attachment_attach(Subscriber *s);

/* Whether s was opened again since open_epoch; an error is set then. */
bool attachment_is_over(Subscriber *s, uint64_t open_epoch);

/* Whether s is open, and has not been opened again since that epoch. */
static inline bool
attachment_still_open(const Subscriber *s, uint64_t open_epoch)
{
    return s->path != NULL && s->open_epoch == open_epoch;
}

/* Raises the error for a call whose open_epoch is over. */
void *attachment_raise_over(Subscriber *s);

/* Whether there is a file to read, after looking for another one if the name may have moved on: 1, 0, or -1 with an
   error set. */
static inline int
attachment_ready(Subscriber *s)
{
    for (;;) {
        if (__builtin_expect(s->ring.mapped == NULL, 0)) {
            int found = attachment_attach(s);
            if (found <= 0) {
                return found;
            }
        }
        if (__builtin_expect(!__atomic_load_n(&s->ring.mapped->retired, __ATOMIC_ACQUIRE), 1)) {
            uint64_t now = clock_now(CLOCK_MONOTONIC_COARSE);
            if (__builtin_expect(now - s->checked_at < COARSE_CHECK_INTERVAL, 1) || attachment_check(s, now)) {
                return 1;
            }
        }
        s->ring.mapped = NULL;
    }
}

#endif
