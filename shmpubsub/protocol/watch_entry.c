#define _GNU_SOURCE /* dup3, pipe2 */
#include "watch_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eventcount.h"

pthread_mutex_t notifier_mutex = PTHREAD_MUTEX_INITIALIZER;

int
watch_new_descriptor(void)
{
    int ends[2], fd = -1;
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0) {
        char path[32] = "/proc/self/fd/", digits[16], *end = path + strlen(path);
        int n = 0;
        for (int number = ends[0]; n == 0 || number > 0; number /= 10) {
            digits[n++] = (char)('0' + number % 10);
        }
        while (n > 0) {
            *end++ = digits[--n];
        }
        fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* both ends in one */
        close(ends[0]);
        close(ends[1]);
    }
    if (fd < 0) {
        return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    }
    (void)fcntl(fd, F_SETPIPE_SZ, 4096); /* one of the pages that a user's pipes may have */
    return fd;
}

static void
make_readable(int fd)
{
    uint64_t one = 1; /* what an eventfd takes */
    (void)!write(fd, &one, sizeof one);
}

bool
watch_fd_is_ours(const struct watch *w)
{
    struct stat st;
    return fstat(w->fd, &st) == 0 && st.st_dev == w->dev && st.st_ino == w->ino;
}

void
watch_set_signalled(struct watch *w)
{
    if (w->state == ARMED) {
        __atomic_store_n(&w->state, SIGNALLED, __ATOMIC_RELAXED);
        if (watch_fd_is_ours(w)) {
            make_readable(w->fd);
        }
    }
}

void
watch_set_armed(struct watch *w)
{
    uint64_t count;
    if (w->state == SIGNALLED) {
        if (watch_fd_is_ours(w)) {
            (void)!read(w->fd, &count, sizeof count);
        }
        __atomic_store_n(&w->state, ARMED, __ATOMIC_RELAXED);
    }
}

bool
watch_has_news(const struct watch *w)
{
    const struct ring_head *head = w->target.head;
    return head != NULL && (__atomic_load_n(&head->head, __ATOMIC_SEQ_CST) != w->seen ||
                            __atomic_load_n(&head->retired, __ATOMIC_SEQ_CST) != 0);
}

uint32_t
watch_list(struct watch *w)
{
    uint32_t *word = w->target.wait->word;
    if (w->state == ARMED && watch_has_news(w)) {
        watch_set_signalled(w);
    }
    uint32_t value = w->state == ARMED ? eventcount_announce(word) : __atomic_load_n(word, __ATOMIC_SEQ_CST);
    if (w->state == ARMED && watch_has_news(w)) {
        watch_set_signalled(w);
    }
    return value;
}

/* Takes fd over and makes it readable. Returns 0 or an errno. */
static int
set_descriptor(struct watch *w, int fd)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return errno;
    }
    w->fd = fd;
    w->dev = st.st_dev;
    w->ino = st.st_ino;
    make_readable(fd);
    return 0;
}

int
watch_entry_init(struct watch *w)
{
    *w = (struct watch){.state = SIGNALLED, .fd = -1};
    return set_descriptor(w, watch_new_descriptor());
}

void
watch_entry_forked(struct watch *w)
{
    w->listed = w->dead = w->told = w->renamed = w->named = false;
    w->target = (struct watch_target){.fd = -1}; /* the parent may have been setting it */
    __atomic_store_n(&w->state, SIGNALLED, __ATOMIC_RELAXED);
    if (!watch_fd_is_ours(w)) {
        return;
    }
    int number = w->fd;
    close(number); /* first, so that there is a number left */
    int fd = watch_new_descriptor();
    if (fd >= 0 && fd != number) {
        int moved = dup3(fd, number, O_CLOEXEC);
        close(fd);
        fd = moved;
    }
    (void)set_descriptor(w, fd);
}
