#define _GNU_SOURCE
#include "pins.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "layout.h"
#include "page.h"

#define PAUSE 1000000000u /* ns between two attempts, and between two sweeps */

/* Whether this has not been done within the last pause, and is to be done now. */
static bool
is_due(uint64_t *done_at)
{
    uint64_t now = clock_now(CLOCK_MONOTONIC_COARSE);
    if (*done_at != 0 && now - *done_at < PAUSE) {
        return false;
    }
    *done_at = now;
    return true;
}

static bool
set_lock(int fd, short type, uint32_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = PINS_FIRST_BYTE + byte, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/* The caller holds the byte: nobody else changes these entries. */
static bool
clear_all(uint64_t *table, const struct pool *pool, uint32_t byte)
{
    bool any = false;
    for (uint32_t i = 0; i <= pool->views; i++) {
        uint64_t entry = __atomic_load_n(&table[i], __ATOMIC_ACQUIRE);
        if (entry != 0 && pool_entry_byte(entry) == byte) {
            pins_clear(&table[i]);
            any = true;
        }
    }
    return any;
}

/* Locks a byte that is free, from one on that other processes hardly begin with. */
static bool
take_byte(int fd, uint32_t *byte)
{
    static uint32_t opened;
    uint32_t first = (uint32_t)getpid() * 61u + __atomic_fetch_add(&opened, 1, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < PINS_BYTES; i++) {
        *byte = (first + i) % PINS_BYTES;
        if (set_lock(fd, F_WRLCK, *byte)) {
            return true;
        }
        if (errno != EAGAIN && errno != EACCES) {
            break;
        }
    }
    return false;
}

/* Opens the file, if it still is the one of that name. */
static int
open_file(struct pins *p, dev_t dev, ino_t ino, const char *path)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        p->unwritable = errno == EACCES || errno == EROFS || errno == EPERM;
        return -1;
    }
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino) {
        return fd;
    }
    close(fd);
    return -1;
}

/* Within a step: a child would inherit the lock, and the table with it. */
static bool
take_table(struct pins *p, const struct pool *pool, dev_t dev, ino_t ino, const char *path)
{
    int fd = open_file(p, dev, ino, path);
    if (fd < 0) {
        return false;
    }
    void *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) {
        if (madvise(page, page_size(), MADV_DONTFORK) == 0 && take_byte(fd, &p->byte)) {
            p->page = page;
            p->table = (uint64_t *)((unsigned char *)page + SHM_PINS_OFFSET);
            p->forks = fork_count();
            p->lock = (struct fork_lock){.fd = fd, .dev = dev, .ino = ino, .byte = PINS_FIRST_BYTE + p->byte};
            (void)clear_all(p->table, pool, p->byte);
            fork_lock_add(&p->lock);
            return true;
        }
        munmap(page, page_size());
    }
    close(fd);
    return false;
}

bool
pins_open(struct pins *p, const struct pool *pool, dev_t dev, ino_t ino, const char *path)
{
    if (p->table != NULL) { /* a parent's, which is not mapped here */
        p->table = NULL;
        p->tried_at = p->swept_at = 0;
    }
    if (p->unwritable || path == NULL || !is_due(&p->tried_at)) {
        return false;
    }
    fork_step_begin();
    bool taken = take_table(p, pool, dev, ino, path);
    fork_step_end();
    return taken;
}

bool
pins_sweep(struct pins *p, const struct pool *pool)
{
    if (!is_due(&p->swept_at) || !fork_lock_is_ours(&p->lock)) {
        return false;
    }
    bool any = false;
    for (uint32_t i = 0; i <= pool->views; i++) {
        uint64_t entry = __atomic_load_n(&p->table[i], __ATOMIC_RELAXED);
        uint32_t byte = pool_entry_byte(entry);
        if (entry != 0 && byte != p->byte && byte < PINS_BYTES && set_lock(p->lock.fd, F_WRLCK, byte)) {
            any |= clear_all(p->table, pool, byte);
            (void)set_lock(p->lock.fd, F_UNLCK, byte);
        }
    }
    return any;
}

void
pins_close(struct pins *p)
{
    if (p->table == NULL || p->forks != fork_count()) {
        return;
    }
    fork_step_begin();
    fork_lock_remove(&p->lock);
    if (fork_lock_is_ours(&p->lock)) {
        (void)set_lock(p->lock.fd, F_UNLCK, p->byte);
        close(p->lock.fd);
    }
    munmap(p->page, page_size());
    fork_step_end();
    p->table = NULL;
}
