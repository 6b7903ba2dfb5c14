/* Replacements for two functions of the C library that Go's runtime calls (ld's --wrap, in build.py). */
#include "guest.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __real_pthread_attr_init(pthread_attr_t *attributes);

/* Maps Go's memory unlocked, even after mlockall(MCL_FUTURE): Go reserves a gigabyte of addresses and uses little of
   it. Locked memory is populated if it is accessible, so access is given after unlocking. */
void *
__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *mapped = __real_mmap(address, size, PROT_NONE, flags, fd, offset);
    if (mapped == MAP_FAILED) {
        return MAP_FAILED;
    }
    munlock(mapped, size);
    if (protection != PROT_NONE && mprotect(mapped, size, protection) != 0) {
        int error = errno;
        if (!(flags & MAP_FIXED)) {
            munmap(mapped, size);
        }
        errno = error;
        return MAP_FAILED;
    }
    return mapped;
}

/* Go starts its threads with these attributes. */
int
__wrap_pthread_attr_init(pthread_attr_t *attributes)
{
    size_t size;
    int failure = __real_pthread_attr_init(attributes);
    if (failure == 0 && pthread_attr_getstacksize(attributes, &size) == 0 && size > GO_STACK) {
        failure = pthread_attr_setstacksize(attributes, GO_STACK);
    }
    return failure;
}
