/* Topics that are open when their process calls exit() without ending Python: uWSGI's master, programs that embed
   Python. There may be no way to the GIL by then, so neither Python nor gopy's module is called: this does what
   Owned.Close in internal/segment does, but for the mapping and the lock, which end with the process.

   The topics are in a list of their own, as a Publisher may be freed meanwhile by a thread with the GIL. Its mutex
   is held for a few system calls at most, and not while a process forks: the child's list is empty. */
#define _GNU_SOURCE
#include "at_exit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eventcount.h"
#include "fork.h"

struct shm_topic {
    struct shm_topic *next, **link;
    struct shm_state *state;
    uint32_t *wait;
    dev_t dev;
    ino_t ino;
    char path[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct shm_topic *topics;

/* Its parent's topics are not the child's to end. */
void
end_forked(void)
{
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    for (struct shm_topic *t = topics; t != NULL; t = t->next) {
        t->link = NULL;
    }
    topics = NULL;
}

static void
end_all(void)
{
    pthread_mutex_lock(&mutex);
    for (const struct shm_topic *t = topics; t != NULL; t = t->next) {
        struct stat st;
        __atomic_store_n(&t->state->retired, 1, __ATOMIC_SEQ_CST);
        eventcount_notify(t->wait);
        /* Nobody else takes the name while this process has the owner lock, but somebody may remove the file. */
        if (lstat(t->path, &st) == 0 && st.st_dev == t->dev && st.st_ino == t->ino) {
            unlink(t->path);
        }
    }
    pthread_mutex_unlock(&mutex);
}

int
end_init(void)
{
    return atexit(end_all) == 0 ? 0 : ENOMEM;
}

struct shm_topic *
end_with(const char *path, struct shm_state *state, uint32_t *wait)
{
    size_t length = strlen(path) + 1;
    struct stat st = {0};
    struct shm_topic *t = malloc(sizeof *t + length);
    if (t == NULL) {
        return NULL;
    }
    (void)lstat(path, &st); /* removed by hand already: then there is nothing to remove */
    *t = (struct shm_topic){.state = state, .wait = wait, .dev = st.st_dev, .ino = st.st_ino};
    memcpy(t->path, path, length);
    pthread_mutex_lock(&mutex);
    fork_step_begin();
    t->next = topics;
    t->link = &topics;
    if (t->next != NULL) {
        t->next->link = &t->next;
    }
    topics = t;
    fork_step_end();
    pthread_mutex_unlock(&mutex);
    return t;
}

void
end_without(struct shm_topic *t)
{
    if (t == NULL) {
        return;
    }
    pthread_mutex_lock(&mutex);
    fork_step_begin();
    if (t->link != NULL) {
        *t->link = t->next;
        if (t->next != NULL) {
            t->next->link = t->link;
        }
    }
    fork_step_end();
    pthread_mutex_unlock(&mutex);
    free(t);
}
