/* A program written in C that Python, and with it the library, is a guest in: its signal handlers need a
   large stack, and it looks at what is its own. Loaded by ctypes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEED (1 << 20)

static _Thread_local char *low, *high; /* this thread's stack */
static volatile int handled, strays;

/* Each thread calls it before any signal comes. */
void
know_stack(void)
{
    pthread_attr_t attributes;
    size_t size;
    void *start;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    low = start;
    high = low + size;
}

/* Writes to NEED bytes of the stack, whichever it is on: a stray handler destroys what lies below. */
static void
handle(int number)
{
    volatile char room[NEED];
    char *here = __builtin_frame_address(0);
    (void)number;
    for (int i = NEED - 1; i >= 0; i -= 256) {
        room[i] = 42;
    }
    (void)room[0];
    __atomic_add_fetch(here < low || here >= high ? &strays : &handled, 1, __ATOMIC_RELAXED);
}

int
count_handled(void)
{
    return handled;
}

int
count_strays(void)
{
    return strays;
}

int
install(int number, int flags)
{
    struct sigaction action = {.sa_flags = flags};
    action.sa_handler = handle;
    sigaddset(&action.sa_mask, SIGWINCH);
    return sigaction(number, &action, NULL);
}

/* A thread that signals others: each thread of the list, then the process, and again. */
static struct {
    int threads[64], n, number, times;
} plan;
static pthread_t stormer;

static void *
storm(void *unused)
{
    sigset_t all;
    (void)unused;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    for (int i = 0; i < plan.times; i++) {
        for (int k = 0; k < plan.n; k++) {
            syscall(SYS_tgkill, getpid(), plan.threads[k], plan.number);
        }
        kill(getpid(), plan.number);
        usleep(50);
    }
    return NULL;
}

int
begin_storm(const int *threads, int n, int number, int times)
{
    memcpy(plan.threads, threads, sizeof *threads * n);
    plan.n = n;
    plan.number = number;
    plan.times = times;
    return pthread_create(&stormer, NULL, storm, NULL);
}

int
end_storm(void)
{
    return pthread_join(stormer, NULL);
}

/* A signal's disposition as the kernel has it, in words: handler, flags, restorer, mask. */
int
disposition(int number, uint64_t words[4])
{
    return (int)syscall(SYS_rt_sigaction, number, NULL, words, 8);
}

/* This thread's alternate signal stack: address, size, flags. */
int
alternate_stack(uint64_t words[3])
{
    stack_t stack;
    int failure = sigaltstack(NULL, &stack);
    words[0] = (uintptr_t)stack.ss_sp;
    words[1] = stack.ss_size;
    words[2] = stack.ss_flags;
    return failure;
}

int
use_alternate_stack(void *start, size_t size)
{
    stack_t stack = {.ss_sp = start, .ss_size = size};
    return sigaltstack(&stack, NULL);
}
