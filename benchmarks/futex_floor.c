/* The least that a blocking round trip between two processes can cost: a value there and back on two
   futexes in shared memory, without spinning and without anything else.

       futex_floor [PROCESSOR PROCESSOR]     one for each process

   Reads how many trips to make, one number a line, and answers with a line of that many times in ns.
   The end of its input ends it. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One direction. The word counts what was sent, so that a waiter that comes late does not sleep. */
struct channel {
    _Alignas(64) uint32_t sent;
    double value;
};

static void
send_value(struct channel *c, double value)
{
    c->value = value;
    __atomic_fetch_add(&c->sent, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &c->sent, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static double
receive(struct channel *c, uint32_t *received)
{
    while (__atomic_load_n(&c->sent, __ATOMIC_ACQUIRE) == *received) {
        syscall(SYS_futex, &c->sent, FUTEX_WAIT, *received, NULL, NULL, 0);
    }
    *received += 1;
    return c->value;
}

static void
stay_on(const char *processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(atoi(processor), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        perror("sched_setaffinity");
        exit(1);
    }
}

static int64_t
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int
main(int argc, char **argv)
{
    struct channel *there = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (there == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    struct channel *back = there + 1;
    uint32_t received = 0;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 1;
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (argc == 3) {
            stay_on(argv[2]);
        }
        while (getppid() == parent) {
            send_value(back, receive(there, &received));
        }
        return 0;
    }
    if (argc == 3) {
        stay_on(argv[1]);
    }
    long trips;
    puts("ready");
    fflush(stdout);
    while (scanf("%ld", &trips) == 1) {
        int64_t *times = malloc((size_t)trips * sizeof *times);
        if (times == NULL) {
            return 1;
        }
        for (long i = 0; i < trips; i++) {
            int64_t start = now();
            send_value(there, (double)i);
            if (receive(back, &received) != (double)i) {
                fputs("another value came back\n", stderr);
                return 1;
            }
            times[i] = now() - start;
        }
        for (long i = 0; i < trips; i++) {
            printf("%lld ", (long long)times[i]);
        }
        putchar('\n');
        fflush(stdout);
        free(times);
    }
    kill(child, SIGKILL);
    return 0;
}
