/* Which names of a directory have changed: names.c. */
#ifndef SHM_NAMES_H
#define SHM_NAMES_H

#include "hot.h"
#include "own_fd.h"

#include <sys/types.h>

struct names_directory;

/* One that wants to know. All of it is read and written under the GIL. */
struct names_listener {
    struct names_directory *directory; /* NULL: it has joined none */
    struct names_listener *next, **link;
    struct own_wake wake; /* readable while there is something to take */
    PyObject *changed; /* a set of bytes: file names */
    bool all;          /* any name may have changed: events were lost */
    bool woken;        /* wake is readable for another reason */
};

/* Returns 0 or an errno. After fork_init. */
int names_init(void);

/* Listens to the directory, and to no other. Returns 0 or an errno. */
int names_join(struct names_listener *l, const char *path);
void names_leave(struct names_listener *l);

/* What epoll waits for, beside l->wake; -1: none. */
int names_fd(const struct names_listener *l);

/* Whether the listener's directory is the one of that path. */
bool names_is_at(const struct names_listener *l, const char *path);

/* Makes l->wake readable until names_take. */
void names_wake(struct names_listener *l);

/* Reads all events, for all listeners; returns the set of l's names that have changed since the last call, or None:
   any may have. NULL with an error set. */
PyObject *names_take(struct names_listener *l);

#endif
