/* One inotify descriptor for each directory, shared by all that listen to it: a user has 128 of them.

   Listeners wait in threads of their own, each in epoll_wait on two descriptors: the shared inotify's and its own
   `wake`. The first one that finds the inotify readable reads all events and gives each listener the names:

   read, one step under the GIL             wait, without the GIL
   R1  read all events                      S1  epoll_wait on inotify and wake
   R2  add the names to each `changed`      S2  with the GIL: read; take `changed`, and drain `wake`
   R3  write each `wake`

   No change is missed: an event stays in the inotify, which is readable then, until R1; R1 to R3 are one step for all
   that hold the GIL, so a wake is readable exactly while `changed` has something. Both descriptors are level-triggered.
   So a listener that is in S1, or comes to it, finds one of the two readable, whichever reads the events.

   The child of a fork shares its parent's inotify, and would take the parent's events. So its handler closes it, and
   its listeners join again. */
#include "names.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../protocol/fork.h"
#include "own_fd.h"

#define PREFIX "shm_pub_sub." /* Prefix in internal/segment/name.go */
#define MOST_NAMES 10000      /* beyond that a listener looks at all of them */
#define READS_AT_ONCE 64      /* so that the GIL is not held without end */
#define EVENTS                                                                                                        \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct names_directory {
    struct names_directory *next;
    struct names_listener *first;
    int fd;    /* -1: it was the parent's */
    bool gone; /* it no longer has its path, or events: nobody joins it any more */
    dev_t dev;
    ino_t ino;
};

static struct names_directory *directories; /* changes under the GIL, and in steps of fork.h */

/* The program's inotifies cannot be distinguished from this one: but it closes all descriptors, or none. */
static bool
is_ours(const struct names_directory *d, const struct names_listener *l)
{
    return own_fd_is(d->fd, "inotify") && (l == NULL || own_wake_is_open(&l->wake));
}

static void
close_in_child(void)
{
    for (struct names_directory *d = directories; d != NULL; d = d->next) {
        if (is_ours(d, d->first)) {
            close(d->fd);
        }
        d->fd = -1;
        d->gone = true;
    }
}

int
names_init(void)
{
    return pthread_atfork(NULL, NULL, close_in_child);
}

static void
change(struct names_listener *l, PyObject *name)
{
    bool had_some = l->all || PySet_GET_SIZE(l->changed) > 0;
    if (name == NULL || PySet_GET_SIZE(l->changed) >= MOST_NAMES || PySet_Add(l->changed, name) < 0) {
        PyErr_Clear();
        l->all = true;
    }
    if (!had_some) {
        own_wake_signal(&l->wake);
    }
}

/* NULL: any name. */
static void
change_for_all(struct names_directory *d, PyObject *name)
{
    for (struct names_listener *l = d->first; l != NULL; l = l->next) {
        change(l, name);
    }
}

static void
handle(struct names_directory *d, const struct inotify_event *e)
{
    if (e->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
        d->gone = true;
        change_for_all(d, NULL);
    }
    else if (e->mask & IN_Q_OVERFLOW) {
        change_for_all(d, NULL);
    }
    else if (e->len > 0 && strncmp(e->name, PREFIX, strlen(PREFIX)) == 0) {
        PyObject *name = PyBytes_FromString(e->name);
        change_for_all(d, name);
        Py_XDECREF(name);
        PyErr_Clear();
    }
}

static void
read_events(struct names_directory *d)
{
    char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    if (d->gone) {
        return;
    }
    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t size = is_ours(d, d->first) ? read(d->fd, buffer, sizeof buffer) : -2;
        if (size == -2 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            d->gone = true; /* the program closed it: listeners join again */
            change_for_all(d, NULL);
        }
        if (size <= 0) {
            return;
        }
        for (char *at = buffer; at < buffer + size;) {
            const struct inotify_event *e = (const struct inotify_event *)(void *)at;
            handle(d, e);
            at += sizeof *e + e->len;
        }
    }
}

/* Returns 0 or an errno. */
static int
identify(const char *path, struct stat *st)
{
    if (stat(path, st) != 0) {
        return errno;
    }
    return S_ISDIR(st->st_mode) ? 0 : ENOTDIR;
}

static struct names_directory *
find(const struct stat *st)
{
    struct names_directory *d = directories, *next;
    for (; d != NULL; d = next) {
        next = d->next;
        if (d->dev == st->st_dev && d->ino == st->st_ino && !d->gone) {
            read_events(d); /* the number may have been a removed directory's */
            if (!d->gone) {
                return d;
            }
        }
    }
    return NULL;
}

/* last: the listener that has left it; NULL: it had none. */
static void
end(struct names_directory *d, const struct names_listener *last)
{
    struct names_directory **link = &directories;
    while (*link != d) {
        link = &(*link)->next;
    }
    fork_step_begin();
    *link = d->next;
    if (is_ours(d, last)) {
        close(d->fd);
    }
    fork_step_end();
    free(d);
}

/* Sets *made, without listeners. Returns 0 or an errno. */
static int
begin(const char *path, struct names_directory **made)
{
    struct names_directory *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return ENOMEM;
    }
    fork_step_begin();
    d->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int failure = d->fd < 0 ? errno : 0;
    d->next = directories;
    directories = d;
    fork_step_end();
    struct stat before = {0}, after = {0};
    /* The path may come to be another directory's in between. */
    for (int tries = 0; failure == 0 && tries < 3; tries++) {
        failure = identify(path, &before);
        int watch = failure != 0 ? -1 : inotify_add_watch(d->fd, path, EVENTS);
        if (failure == 0 && (watch < 0 || (failure = identify(path, &after)) != 0)) {
            failure = failure == 0 ? errno : failure;
        }
        if (failure != 0 || (before.st_dev == after.st_dev && before.st_ino == after.st_ino)) {
            break;
        }
        inotify_rm_watch(d->fd, watch);
        failure = tries == 2 ? ENOENT : 0;
    }
    if (failure != 0) {
        end(d, NULL);
        return failure;
    }
    d->dev = after.st_dev;
    d->ino = after.st_ino;
    *made = d;
    return 0;
}

int
names_join(struct names_listener *l, const char *path)
{
    struct stat st;
    names_leave(l);
    int failure = identify(path, &st);
    struct names_directory *d = failure == 0 ? find(&st) : NULL;
    if (failure == 0 && d == NULL) {
        failure = begin(path, &d);
    }
    if (failure == 0) {
        l->directory = d;
        l->next = d->first;
        l->link = &d->first;
        if (l->next != NULL) {
            l->next->link = &l->next;
        }
        d->first = l;
        change(l, NULL); /* what is there already */
    }
    return failure;
}

void
names_leave(struct names_listener *l)
{
    struct names_directory *d = l->directory;
    if (d == NULL) {
        return;
    }
    l->directory = NULL;
    *l->link = l->next;
    if (l->next != NULL) {
        l->next->link = l->link;
    }
    if (d->first == NULL) {
        end(d, l);
    }
}

int
names_fd(const struct names_listener *l)
{
    return l->directory == NULL || l->directory->gone ? -1 : l->directory->fd;
}

bool
names_is_at(const struct names_listener *l, const char *path)
{
    struct stat st;
    const struct names_directory *d = l->directory;
    return d != NULL && !d->gone && identify(path, &st) == 0 && st.st_dev == d->dev && st.st_ino == d->ino;
}

void
names_wake(struct names_listener *l)
{
    if (!l->woken) {
        own_wake_signal(&l->wake);
    }
    l->woken = true;
}

PyObject *
names_take(struct names_listener *l)
{
    PyObject *next = PySet_New(NULL); /* first: it may collect garbage, and run any code */
    if (next == NULL) {
        return NULL;
    }
    if (l->directory != NULL) {
        read_events(l->directory);
    }
    if (l->woken || l->all || PySet_GET_SIZE(l->changed) > 0) {
        own_wake_drain(&l->wake);
    }
    l->woken = false;
    PyObject *changed = l->changed;
    l->changed = next;
    if (l->all) {
        l->all = false;
        Py_DECREF(changed);
        Py_RETURN_NONE;
    }
    return changed;
}
