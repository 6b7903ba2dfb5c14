/* watch.c and notifier.c, unchanged, under real threads and without Python: built plainly and with sanitizers by
   test_watch.py.

       watch_stress TOPICS ROUNDS [old]

   Every topic has a publisher that goes on when its subscriber has the value, and a subscriber that waits for its
   descriptor; now and then it looks without waiting, arms twice, or leaves its file for the topic's other one, whose page
   is mapped where the first one's was, as likely as not. The threads' slices never end here, so that a lost wake-up
   blocks for ever, however busy the machine. With several topics, other threads make and drop watches meanwhile, so that
   notifiers begin and end, and the process forks; with only one nothing else wakes the notifier, and so nothing makes up
   for a lost wake-up. "old": the kernel has no futex_waitv.

   Prints "ROUNDS rounds". The macro NO_WAKE breaks the harness: publishers that wake nobody. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eventcount.h"
#include "fork.h"
#include "futexv.h"
#include "notifier.h"
#include "sleeper.h"
#include "watch.h"

#define MOST 8

#ifndef LOST_AFTER
#define LOST_AFTER 60 /* seconds, then a wake-up counts as lost */
#endif

#define FAIL(...) (fprintf(stderr, "watch_stress: " __VA_ARGS__), fputc('\n', stderr), exit(1))

struct file {
    int fd; /* of page 0 */
    uint32_t *word; /* as the publisher maps it */
    _Alignas(64) struct ring_head head;
};

struct topic {
    struct file files[2];
    int present; /* its publisher's file; changes before taken */
    uint64_t taken;
    struct watch *watch;
    struct watch_target target;
    unsigned seed;
};

static struct topic topics[MOST];
static int count;
static uint64_t rounds;
static bool over, old;
static pthread_mutex_t moving = PTHREAD_MUTEX_INITIALIZER; /* what a child finds is not half moved, as under the GIL */

/* The product's calls of syscall(2), by the linker's --wrap: without time limits. */
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

long
__wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == FUTEXV_CALL && old) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, a, b, c, number == FUTEXV_CALL || b == FUTEX_WAIT_BITSET ? 0 : d, e, f);
}

static void *
publish(void *argument)
{
    struct topic *t = argument;
    unsigned seed = t->seed * 7;
    for (uint64_t k = 1; k <= rounds; k++) {
        for (int spins = rand_r(&seed) % 200; spins > 0; spins--) {
            __asm__ volatile("" ::: "memory");
        }
        struct file *file = &t->files[__atomic_load_n(&t->present, __ATOMIC_RELAXED)];
        __atomic_store_n(&file->head.head, k, __ATOMIC_SEQ_CST);
#ifndef NO_WAKE
        eventcount_notify(file->word);
#endif
        while (__atomic_load_n(&t->taken, __ATOMIC_ACQUIRE) < k) {
            sched_yield();
        }
    }
    return NULL;
}

static void
enter(struct topic *t, uint64_t taken)
{
    struct file *file = &t->files[t->present];
    __atomic_store_n(&file->head.head, taken, __ATOMIC_RELAXED);
    t->target.head = &file->head;
    t->target.wait = wait_page_map(file->fd);
    if (t->target.wait == NULL) {
        FAIL("no page to wait on");
    }
}

static void *
subscribe(void *argument)
{
    struct topic *t = argument;
    uint64_t taken = 0;
    while (taken < rounds) {
        unsigned what = rand_r(&t->seed) % 16;
        struct pollfd p = {.fd = t->watch->fd, .events = POLLIN};
        if (what != 0 && poll(&p, 1, LOST_AFTER * 1000) != 1) {
            FAIL("a descriptor stays unreadable");
        }
        taken = __atomic_load_n(&t->files[t->present].head.head, __ATOMIC_ACQUIRE);
        bool moves = what == 1 && taken > t->taken; /* while its publisher waits */
        if (moves) {
            pthread_mutex_lock(&moving);
            watch_detach(t->watch);
            wait_page_release(t->target.wait);
            t->present = !t->present;
            enter(t, taken);
            pthread_mutex_unlock(&moving);
        }
        __atomic_store_n(&t->taken, taken, __ATOMIC_RELEASE);
        if (!moves) {
            watch_arm(t->watch, &t->target, taken);
        }
        if (what == 2) {
            watch_arm(t->watch, &t->target, taken);
        }
    }
    return NULL;
}

/* Subscribers that come and go: notifiers fill up, begin and end. */
static void *
come_and_go(void *argument)
{
    const struct watch_target *target = argument;
    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
        struct watch *made[100];
        int most = old ? SLEEPERS_MAX - count : 100;
        for (int i = 0; i < most; i++) {
            if (watch_new(&made[i]) != 0) {
                FAIL("no watch");
            }
            watch_arm(made[i], target, 0);
        }
        for (int i = 0; i < most; i++) {
            watch_hold(made[i]);
            watch_end(made[i]);
            watch_release(made[i]);
            watch_release(made[i]);
        }
        usleep(1000);
    }
    return NULL;
}

/* Other threads may have been allocating memory: a child's handlers must not, and must not free any. */
static bool in_handlers;
void __real_free(void *memory);
void __wrap_free(void *memory);

void
__wrap_free(void *memory)
{
    if (in_handlers) {
        FAIL("a handler of fork frees memory");
    }
    __real_free(memory);
}

#ifndef __SANITIZE_THREAD__ /* which does not follow a fork with threads */
static void
begin_handlers(void)
{
    in_handlers = true;
}

static void
end_handlers(void)
{
    in_handlers = false;
}

static void
fork_once(void)
{
    pthread_mutex_lock(&moving);
    pid_t child = fork();
    pthread_mutex_unlock(&moving);
    if (child == 0) {
        struct topic *t = &topics[0];
        struct pollfd p = {.fd = t->watch->fd, .events = POLLIN};
        if (poll(&p, 1, 0) != 1) {
            _exit(1);
        }
#ifndef __SANITIZE_ADDRESS__ /* whose own lock of threads may be held, and arming starts one */
        watch_arm(t->watch, &t->target, t->target.head->head);
#endif
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (status != 0) {
        FAIL("a forked child, whose descriptor is readable at first, ends with %d", status);
    }
}
#endif

int
main(int argc, char **argv)
{
    if (argc < 3) {
        FAIL("how many topics and rounds?");
    }
    old = argc > 3 && strcmp(argv[3], "old") == 0;
    count = atoi(argv[1]);
    rounds = strtoull(argv[2], NULL, 10);
    if (count < 1 || count > MOST) {
        FAIL("1 to %d topics", MOST);
    }
#ifndef __SANITIZE_THREAD__
    pthread_atfork(NULL, NULL, begin_handlers);
#endif
    if (fork_init() != 0 || notifier_init() != 0) {
        FAIL("no handlers of fork");
    }
#ifndef __SANITIZE_THREAD__
    pthread_atfork(NULL, NULL, end_handlers);
#endif
    char path[] = "/tmp/watch_stress.XXXXXX";
    int owner = mkstemp(path), fd = open(path, O_RDONLY | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    struct stat st;
    if (owner < 0 || fd < 0 || fcntl(owner, F_OFD_SETLK, &lock) != 0 || fstat(fd, &st) != 0) {
        FAIL("no file %s", path);
    }
    pthread_t threads[2 * MOST], other;
    static uint32_t quiet_word;
    static struct wait_page quiet_page = {.word = &quiet_word, .bit = 1, .users = 1};
    static struct ring_head quiet;
    struct watch_target idle = {.wait = &quiet_page, .head = &quiet, .path = path, .fd = fd, .dev = st.st_dev, .ino = st.st_ino};
    for (int i = 0; i < count; i++) {
        struct topic *t = &topics[i];
        t->seed = (unsigned)(i + 1);
        t->target = idle;
        for (int n = 0; n < 2; n++) {
            struct file *file = &t->files[n];
            file->fd = memfd_create("watch_stress", MFD_CLOEXEC);
            if (file->fd < 0 || ftruncate(file->fd, 65536) != 0) {
                FAIL("no file");
            }
            file->word = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
        }
        enter(t, 0);
        if (watch_new(&t->watch) != 0) {
            FAIL("no watch");
        }
    }
    if (count > 1) {
        pthread_create(&other, NULL, come_and_go, &idle);
    }
    for (int i = 0; i < count; i++) {
        pthread_create(&threads[2 * i], NULL, publish, &topics[i]);
        pthread_create(&threads[2 * i + 1], NULL, subscribe, &topics[i]);
    }
#ifndef __SANITIZE_THREAD__
    for (int i = 0; count > 1 && i < 20; i++) {
        fork_once();
    }
#endif
    for (int i = 0; i < 2 * count; i++) {
        pthread_join(threads[i], NULL);
    }
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    if (count > 1) {
        pthread_join(other, NULL);
    }
    for (int i = 0; i < count; i++) {
        watch_detach(topics[i].watch);
        wait_page_release(topics[i].target.wait); /* now only a sleeper may hold it */
    }
#ifndef __SANITIZE_THREAD__
    pid_t child = fork();
#else
    pid_t child = -1;
#endif
    for (int i = 0; i < count; i++) {
        watch_end(topics[i].watch);
        watch_release(topics[i].watch);
    }
    if (child == 0) {
        _exit(0);
    }
    int status = 0;
    if (child > 0 && (waitpid(child, &status, 0) < 0 || status != 0)) {
        FAIL("a child that only ends its watches ends with %d", status);
    }
    unlink(path);
    printf("%llu rounds\n", (unsigned long long)(count * rounds));
    return 0;
}
