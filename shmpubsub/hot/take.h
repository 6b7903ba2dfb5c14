/* Taking the next value, from whichever file it is in. take.go is the Go side. */
#ifndef SHM_TAKE_H
#define SHM_TAKE_H

#include "subscriber_object.h"

/* Takes the next value: 1, 0 if there is none, or -1 with an error set. While there are values it makes no system call
   and does not read the clock. */
int take(Subscriber *s, struct ring_value *v);

/* Whether take would return 1 now: 1, 0, or -1 with an error set. */
int take_pending(Subscriber *s);

/* Returns to the mark after value k was taken and could not be handed over. Returns false if it cannot. */
bool take_back(Subscriber *s, const struct cursor_mark *mark, uint64_t k);

#endif
