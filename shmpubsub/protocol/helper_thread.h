#ifndef SHM_HELPER_THREAD_H
#define SHM_HELPER_THREAD_H

/* Starts a thread of the library's own, detached, with a small stack and all signals blocked. Returns 0 or an errno. */
int helper_thread(void *(*run)(void *), void *argument);

/* Names the calling thread, for top -H and debuggers. */
void helper_thread_name(void);

#endif
