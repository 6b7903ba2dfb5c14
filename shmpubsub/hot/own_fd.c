#define _GNU_SOURCE
#include "own_fd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
