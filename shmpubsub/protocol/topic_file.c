#include "topic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eventcount.h"
#include "fork.h"
#include "layout.h"

struct topic_file *
topic_file_open(const struct mapping *mapping)
{
    struct topic_file *f = calloc(1, sizeof *f);
    if (f == NULL) {
        munmap(mapping->base, mapping->size);
        close(mapping->fd);
        errno = ENOMEM;
        return NULL;
    }
    f->mapping = *mapping;
    f->carried_time = *(const uint64_t *)((const unsigned char *)mapping->base + SHM_CARRIED_TIME_OFFSET);
    f->users = 1;
    f->pins.lock.fd = -1;
    struct stat st = {0};
    (void)fstat(mapping->fd, &st); /* cannot fail: it is open */
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    return f;
}

bool
topic_file_fd_is_ours(const struct topic_file *f)
{
    struct stat st;
    return fstat(f->mapping.fd, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

/* A forked child has none of its parent's threads. */
static void
forget_parents_waiters(struct topic_file *f)
{
    if (f->forks != fork_count()) {
        f->forks = fork_count();
        f->users -= f->waiters;
        f->waiters = 0;
    }
}

void
topic_file_begin_wait(struct topic_file *f)
{
    forget_parents_waiters(f);
    f->waiters++;
    f->users++;
}

void
topic_file_end_wait(struct topic_file *f)
{
    f->waiters--;
    topic_file_release(f);
}

void
topic_file_release(struct topic_file *f)
{
    forget_parents_waiters(f);
    if (--f->users > 0) {
        return;
    }
    pins_close(&f->pins);
    munmap(f->mapping.base, f->mapping.size);
    if (f->wait != NULL) {
        wait_page_release(f->wait);
    }
    if (!f->reopen && topic_file_fd_is_ours(f)) { /* opened again, the file may have the same number */
        close(f->mapping.fd);
    }
    if (f->type != NULL) {
        f->free_type(f->type);
    }
    free(f);
}

struct wait_page *
topic_file_wait_page(struct topic_file *f, const char *path)
{
    if (f->wait != NULL || f->unwritable) {
        return f->wait;
    }
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        f->unwritable = errno == EACCES || errno == EROFS || errno == EPERM;
        return NULL;
    }
    struct stat st;
    /* If it is another file, `retired` or the lock will soon show that the name has moved on. */
    if (fstat(fd, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino) {
        f->wait = wait_page_map(fd);
    }
    close(fd);
    return f->wait;
}

void
topic_file_abandon(struct topic_file *f)
{
    __atomic_store_n(&f->abandoned, 1, __ATOMIC_SEQ_CST);
    forget_parents_waiters(f);
    if (f->waiters > 0 && f->wait != NULL) {
        eventcount_interrupt(f->wait->word, f->wait->bit);
    }
}
