#include "helper_thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#define STACK (256 * 1024)

int
helper_thread(void *(*run)(void *), void *argument)
{
    /* Signals are for the program's own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    int failure = pthread_attr_init(&attributes);
    if (failure == 0) {
        pthread_t thread;
        pthread_attr_setstacksize(&attributes, STACK);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        failure = pthread_create(&thread, &attributes, run, argument);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

void
helper_thread_name(void)
{
    prctl(PR_SET_NAME, "shm_pub_sub");
}
