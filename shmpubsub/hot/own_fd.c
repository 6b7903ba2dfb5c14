#define _GNU_SOURCE
#include "own_fd.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../protocol/watch_entry.h"

int
own_wake_open(struct own_wake *wake)
{
    struct stat st;
    wake->fd = watch_new_descriptor();
    if (wake->fd < 0 || fstat(wake->fd, &st) != 0) {
        return errno;
    }
    wake->dev = st.st_dev;
    wake->ino = st.st_ino;
    return 0;
}

bool
own_wake_is_open(const struct own_wake *wake)
{
    struct stat st;
    return fstat(wake->fd, &st) == 0 && st.st_dev == wake->dev && st.st_ino == wake->ino;
}

void
own_wake_signal(const struct own_wake *wake)
{
    uint64_t one = 1; /* what an eventfd takes */
    if (own_wake_is_open(wake)) {
        (void)!write(wake->fd, &one, sizeof one);
    }
}

void
own_wake_drain(const struct own_wake *wake)
{
    uint64_t signals[8]; /* there are two at most */
    if (own_wake_is_open(wake)) {
        (void)!read(wake->fd, signals, sizeof signals);
    }
}

void
own_wake_close(struct own_wake *wake)
{
    if (own_wake_is_open(wake)) {
        close(wake->fd);
    }
    wake->fd = -1;
}

bool
own_fd_is(int fd, const char *kind)
{
    char path[32] = "/proc/self/fd/", found[32], digits[16], *end = path + strlen(path);
    int n = 0;
    for (int number = fd; n == 0 || number > 0; number /= 10) {
        digits[n++] = (char)('0' + number % 10);
    }
    while (n > 0) {
        *end++ = digits[--n];
    }
    ssize_t size = fd < 0 ? 0 : readlink(path, found, sizeof found - 1);
    if (size < 0) {
        return errno == ENOENT && access("/proc/self/fd", F_OK) != 0; /* no /proc: believe it */
    }
    found[size] = 0;
    return strstr(found, kind) != NULL && strncmp(found, "anon_inode:", strlen("anon_inode:")) == 0;
}
