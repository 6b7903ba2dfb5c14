/* The least that a round trip between two processes can cost: a value there and back in shared
   memory, on a cache line for each direction, and nothing else.

       round_trip blocking|spinning [PROCESSOR PROCESSOR]     one for each process

   blocking sleeps on a futex and never spins. Reads how many milliseconds to run, one number per line,
   and answers with a line: 0, for no wrong values, and the times in ns. Ends with its input. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST 50000 /* trips in one turn, as many as programs/round_trip.py's */

/* One direction. The word counts values sent, so that a late waiter does not sleep. */
struct channel {
    _Alignas(64) uint32_t sent;
    double value;
};

static bool blocking;

static void
send_value(struct channel *c, double value)
{
    c->value = value;
    __atomic_fetch_add(&c->sent, 1, __ATOMIC_SEQ_CST);
    if (blocking) {
        syscall(SYS_futex, &c->sent, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

static double
receive(struct channel *c, uint32_t *received)
{
    while (__atomic_load_n(&c->sent, __ATOMIC_ACQUIRE) == *received) {
        if (blocking) {
            syscall(SYS_futex, &c->sent, FUTEX_WAIT, *received, NULL, NULL, 0);
        }
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

/* One turn: as many trips as fit into the time. */
static void
ask(struct channel *there, struct channel *back, uint32_t *received, long milliseconds)
{
    static int64_t times[MOST];
    int64_t end = now() + milliseconds * 1000000;
    int trips = 0;
    for (int64_t start = now(); trips < MOST && (start < end || trips == 0);) {
        send_value(there, trips);
        if (receive(back, received) != trips) {
            fputs("another value came back\n", stderr);
            exit(1);
        }
        int64_t stop = now();
        times[trips++] = stop - start;
        start = stop;
    }
    printf("0 ");
    for (int i = 0; i < trips; i++) {
        printf("%lld ", (long long)times[i]);
    }
    putchar('\n');
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) {
        return 2;
    }
    blocking = strcmp(argv[1], "blocking") == 0;
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
    if (argc == 4) {
        stay_on(argv[child == 0 ? 3 : 2]);
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent) {
            send_value(back, receive(there, &received));
        }
        return 0;
    }
    puts("ready");
    fflush(stdout);
    for (long milliseconds; scanf("%ld", &milliseconds) == 1;) {
        ask(there, back, &received, milliseconds);
    }
    kill(child, SIGKILL);
    return 0;
}
