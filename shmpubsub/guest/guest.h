/* What Go's threads and memory take of the process, as far as ../hot/room.c must know it. */
#ifndef SHM_GUEST_H
#define SHM_GUEST_H

#include <stddef.h>

/* The stack of a thread of Go's, in which C code and the scheduler run; goroutines have their own. The
   default of the C library, 8 MiB, is locked into memory whole in a program that called mlockall(). */
#define GO_STACK ((size_t)512 << 10)

#endif
