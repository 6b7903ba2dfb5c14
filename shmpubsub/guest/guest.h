/* What Go's threads take, for guest.c and ../hot/room.c. */
#ifndef SHM_GUEST_H
#define SHM_GUEST_H

#include <stddef.h>

/* The stack of Go's threads, for C code and the scheduler; goroutines have their own. After mlockall() all of the C
   library's default, 8 MiB, would be locked into memory. */
#define GO_STACK ((size_t)512 << 10)

#endif
