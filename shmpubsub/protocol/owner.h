/* Whether a topic's publisher lives: it holds the lock on one byte of its file. */
#ifndef SHM_OWNER_H
#define SHM_OWNER_H

#include <fcntl.h>
#include <sys/stat.h>

#define OWNER_BYTE 0 /* internal/segment/lock.go */

/* 1 yes, 0 no, -1 the descriptor no longer is that file's. */
static inline int
owner_lock_held(int fd, dev_t dev, ino_t ino)
{
    struct stat st;
    /* Ask for a reader's lock: another reader's, which anyone with read permission can hold, is no publisher. */
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = OWNER_BYTE, .l_len = 1};
    if (fstat(fd, &st) != 0 || st.st_dev != dev || st.st_ino != ino || fcntl(fd, F_OFD_GETLK, &lock) != 0) {
        return -1;
    }
    return lock.l_type != F_UNLCK;
}

#endif
