/* Topics that are open when their process calls exit() without ending Python: uWSGI's master, programs that embed
   Python. The GIL may be out of reach by then, so this calls neither Python nor Go. It does what Owned.Close in
   internal/segment does, except for the mapping and the lock, which end with the process.

   The list is its own: a thread with the GIL may free a Publisher meanwhile. Its mutex is held for a few system
   calls at most, and not while the process forks: a child's list is empty. */
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

struct exit_topic {
    struct exit_topic *next, **link;
    struct ring_head *head;
    uint32_t *wait;
    dev_t dev;
    ino_t ino;
    char path[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct exit_topic *topics;

/* The child must not end its parent's topics. */
static void
forget_parents_topics(void)
{
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    for (struct exit_topic *t = topics; t != NULL; t = t->next) {
        t->link = NULL;
    }
    topics = NULL;
}

static void
end_all(void)
{
    pthread_mutex_lock(&mutex);
    for (const struct exit_topic *t = topics; t != NULL; t = t->next) {
        struct stat st;
        __atomic_store_n(&t->head->retired, 1, __ATOMIC_SEQ_CST);
        eventcount_notify(t->wait);
        /* Nobody takes the name while this process holds the owner lock, but the file may have been removed. */
        if (lstat(t->path, &st) == 0 && st.st_dev == t->dev && st.st_ino == t->ino) {
            unlink(t->path);
        }
    }
    pthread_mutex_unlock(&mutex);
}

int
at_exit_init(void)
{
    int failure = pthread_atfork(NULL, NULL, forget_parents_topics);
    return failure != 0 || atexit(end_all) == 0 ? failure : ENOMEM;
}

struct exit_topic *
at_exit_add(const char *path, struct ring_head *head, uint32_t *wait)
{
    size_t length = strlen(path) + 1;
    struct stat st = {0};
    struct exit_topic *t = malloc(sizeof *t + length);
    if (t == NULL) {
        return NULL;
    }
    (void)lstat(path, &st); /* if it fails the file is gone, and there is nothing to remove */
    *t = (struct exit_topic){.head = head, .wait = wait, .dev = st.st_dev, .ino = st.st_ino};
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
at_exit_remove(struct exit_topic *t)
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
