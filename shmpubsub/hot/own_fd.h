/* Descriptors that the program may have closed. */
#ifndef SHM_OWN_FD_H
#define SHM_OWN_FD_H

#include <stdbool.h>

/* Whether fd still is what it was, such as "inotify": a program that closed all descriptors, as daemons do, may have
   another file under the number. Async-signal-safe. */
bool own_fd_is(int fd, const char *kind);

#endif
