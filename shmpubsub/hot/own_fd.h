/* Descriptors that the program may have closed. */
#ifndef SHM_OWN_FD_H
#define SHM_OWN_FD_H

#include <stdbool.h>
#include <sys/types.h>

/* What becomes readable when it is signalled. Nothing else has its inode. */
struct own_wake {
    int fd;
    dev_t dev;
    ino_t ino;
};

/* Returns 0 or an errno; .fd is -1 then. */
int own_wake_open(struct own_wake *wake);

/* Whether the number still is its. Async-signal-safe, as own_wake_close is. */
bool own_wake_is_open(const struct own_wake *wake);
void own_wake_signal(const struct own_wake *wake);
void own_wake_drain(const struct own_wake *wake);
void own_wake_close(struct own_wake *wake);

/* Whether fd still is what it was, such as "inotify": a program that closed all descriptors, as daemons do, may have
   another file under the number. Async-signal-safe. */
bool own_fd_is(int fd, const char *kind);

#endif
