/* A topic's file as a subscriber has it mapped: the data to be read, and page 0 to wait on. */
#include "subscriber.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../protocol/eventcount.h"

#define WAIT_PAGE 4096u

/* Takes the mapping over. NULL where there is no memory; the mapping is gone then. */
struct shm_file *
file_open(const struct shm_mapping *mapping)
{
    struct shm_file *f = PyMem_RawCalloc(1, sizeof *f);
    if (f == NULL) {
        munmap(mapping->base, mapping->size);
        close(mapping->fd);
        PyErr_NoMemory();
        return NULL;
    }
    f->mapping = *mapping;
    f->carried_time = *(const uint64_t *)((const unsigned char *)mapping->base + SHM_CARRIED_TIME_OFFSET);
    f->users = 1;
    static unsigned opened; /* under the GIL */
    f->bits = 1u << ((unsigned)getpid() + opened++) % 32;
    struct stat st = {0};
    (void)fstat(mapping->fd, &st); /* an open descriptor's cannot fail */
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    return f;
}

/* Whether the descriptor still is the mapped file's. Who closed all descriptors, as daemons do, may have
   another file under the number now. */
bool
file_is_ours(const struct shm_file *f)
{
    struct stat st;
    return fstat(f->mapping.fd, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

/* Threads do not come with a fork. */
static void
forget_parents_waiters(struct shm_file *f)
{
    if (f->forks != shm_forks_so_far()) {
        f->forks = shm_forks_so_far();
        f->users -= f->waiters;
        f->waiters = 0;
    }
}

/* f stays mapped for a thread that reads it without the GIL, until file_waited. */
void
file_wait(struct shm_file *f)
{
    forget_parents_waiters(f);
    f->waiters++;
    f->users++;
}

void
file_waited(struct shm_file *f)
{
    f->waiters--;
    file_release(f);
}

void
file_release(struct shm_file *f)
{
    forget_parents_waiters(f);
    if (--f->users > 0) {
        return;
    }
    munmap(f->mapping.base, f->mapping.size);
    if (f->wait != NULL) {
        munmap(f->wait, WAIT_PAGE);
    }
    if (!f->reopen && file_is_ours(f)) { /* opened once more, it may well have that number again */
        close(f->mapping.fd);
    }
    PyMem_RawFree(f);
}

/* Returns the word to wait on. NULL: who waits must poll, for now or, where f->unwritable, for good. The data
   was mapped read-only and stays so: page 0 is all that a subscriber can write. */
uint32_t *
file_wait_word(struct shm_file *f, const char *path)
{
    if (f->wait != NULL || f->unwritable) {
        return f->wait;
    }
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        f->unwritable = errno != ENOENT && errno != EMFILE && errno != ENFILE;
        return NULL;
    }
    struct stat st;
    /* Else the name has just moved on, and soon `retired` or the lock says so. */
    if (fstat(fd, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino) {
        void *page = mmap(NULL, WAIT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page != MAP_FAILED) {
            f->wait = (uint32_t *)((unsigned char *)page + SHM_WAIT_OFFSET);
        }
    }
    close(fd);
    return f->wait;
}

/* Sends this process's own waiters away, to look again. A few others may wake for nothing. */
void
file_abandon(struct shm_file *f)
{
    __atomic_store_n(&f->abandoned, 1, __ATOMIC_SEQ_CST);
    forget_parents_waiters(f);
    if (f->waiters > 0 && f->wait != NULL) {
        eventcount_interrupt(f->wait, f->bits);
    }
}
