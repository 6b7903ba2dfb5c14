/* The subscriber that Python programs hold, and what its files share. */
#ifndef SHM_SUBSCRIBER_H
#define SHM_SUBSCRIBER_H

#include "hot.h"

#include <sys/types.h>

#include "../protocol/identity.h"
#include "../protocol/backoff.h"

/* A topic's file as it is mapped here. Who waits reads it without the GIL, and so counts as a user of his
   own; everything else happens under the GIL. */
struct shm_file {
    struct shm_mapping mapping;
    dev_t dev;
    ino_t ino;
    struct shm_ring ring; /* as it was when the file was opened; .state NULL: its publisher was dead by then */
    uint64_t carried_time; /* of the retained value of an earlier publisher that is value 1 here; 0: none */
    bool retain;          /* its values outlive its publisher */
    bool unwritable;      /* page 0 may not be written: who waits must poll */
    bool reopen;          /* somebody closed its descriptor: it is to be opened once more */
    uint32_t *wait;       /* page 0, mapped once more to be written; NULL: not yet */
    uint32_t bits;        /* with which its waiters sleep: eventcount_interrupt */
    uint32_t abandoned;   /* 1: whoever waits here looks for another */
    long users;
    long waiters; /* of the users: threads that wait, of the process that lies behind so many forks */
    long forks;
};

typedef struct Subscriber {
    PyObject_HEAD
    struct shm_ring ring; /* .state NULL: nothing to read here, look at the name */
    long depth;           /* how many values the file keeps */
    uint64_t checked_at;  /* when it asked after the publisher, CLOCK_MONOTONIC_COARSE ns */
    enum shm_type type;
    uint64_t max_age; /* ns; 0: none */
    PyObject *missing; /* (default, False) */
    PyObject *last;    /* what was last returned with True: most polls find the same value again */
    uint64_t last_k;   /* its number; 0: none */
    uint64_t last_time;
    uint64_t generation; /* of the attachment: moves on with every file */
    uint64_t lives;      /* how often it was set up: a call belongs to one life, and ends with it */
    PyObject *path;    /* of the topic's file, bytes; NULL: closed or not yet open */
    /* The file last attached to stays mapped when its publisher has died or its name has moved on: its inode
       number, by which its successor is told from it, cannot be used again until then. */
    struct shm_file *file;

    /* The stream of every value: stream.c. */
    struct shm_ring unread; /* the cursor: at the last value taken, in left or else in file; .state NULL: nowhere */
    uint64_t after;         /* with left: the cursor in file, of which nothing is taken yet */
    struct shm_file *left;  /* an earlier publisher's, in which there may be something to take */
    uint64_t lost;          /* values that were passed over */
    uint64_t taken_time;    /* of the last value taken; 0: none yet */
    uint64_t doubt_time;    /* of a retained value left behind, lost if the next file has not got it; 0: none */
    uint64_t history;       /* with how many of the values already there it begins */
    bool receiving;         /* values are being taken */
    bool joined;            /* it was made; what is published from now on is for it */

    struct watch *watch; /* behind fileno(): watch.c; NULL: nobody asked for it */
    unsigned spins, until_spin, spin_patience; /* whether spinning has paid off of late: wait.c */
    /* What has the name and is somebody's who is not trusted: as good as nothing. Go says so, and is asked again
       now and then, as the directory's mode counts as well. */
    struct shm_identity strange; /* .ino 0: nothing */
    uint64_t strange_at;         /* when Go was asked, CLOCK_MONOTONIC_COARSE ns */

    PyObject *weakrefs;
} Subscriber;

/* A value of the ring. */
struct shm_value {
    uint64_t word;
    uint64_t time; /* CLOCK_MONOTONIC ns */
    uint64_t k;    /* its number */
};

/* file.c */
struct shm_file *file_open(const struct shm_mapping *mapping);
void file_release(struct shm_file *f);
void file_wait(struct shm_file *f);
void file_waited(struct shm_file *f);
bool file_is_ours(const struct shm_file *f);
uint32_t *file_wait_word(struct shm_file *f, const char *path);
void file_abandon(struct shm_file *f);

/* attachment.c */
void attachment_let_go(Subscriber *s);
bool attachment_publisher_lives(Subscriber *s);
bool attachment_check(Subscriber *s, uint64_t now);
int attachment_renew(Subscriber *s);
PyObject *attachment_map(Subscriber *s, PyObject *args);

/* stream.c */
void stream_join(Subscriber *s);
void stream_enter(Subscriber *s);
void stream_leave(Subscriber *s);
void stream_reopen(Subscriber *s, const struct shm_file *f);
void stream_end(Subscriber *s);
int stream_take(Subscriber *s, struct shm_value *v);
bool stream_unread(const Subscriber *s);
int stream_look(Subscriber *s);

/* A place in the stream, to return to where a value could not be handed over. */
struct shm_place {
    const struct shm_file *left;
    uint64_t generation, k, lost, taken_time;
};
bool stream_return(Subscriber *s, const struct shm_place *place, uint64_t k);

/* fileno.c */
void fileno_arm(Subscriber *s);
void fileno_detach(Subscriber *s);
void fileno_end(Subscriber *s);
PyObject *fileno_get(Subscriber *s, PyObject *ignored);
PyObject *fileno_hold(Subscriber *s, PyObject *ignored);

/* wait.c */
struct shm_wait {
    uint64_t deadline; /* CLOCK_MONOTONIC ns; UINT64_MAX: none */
    uint64_t pause;    /* ns: how long it last slept where nobody wakes it */
};
int wait_begin(Subscriber *s, struct shm_wait *w, PyObject *timeout);
int wait_value(Subscriber *s, struct shm_wait *w);
int wait_name(Subscriber *s, struct shm_wait *w);

/* values.c */
uint64_t value_age(uint64_t published, uint64_t now);
PyObject *sample_object(const Subscriber *s, const struct shm_value *v);

/* Methods: receive.c, drain.c */
PyObject *receive_recv(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *receive_sample(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *receive_try(Subscriber *s, PyObject *ignored);
PyObject *receive_next(Subscriber *s);
PyObject *receive_in(Subscriber *s, PyObject *args);
PyObject *receive_newest(Subscriber *s, PyObject *ignored);
PyObject *receive_publisher(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);
PyObject *drain(Subscriber *s, PyObject *const *args, Py_ssize_t n, PyObject *names);

/* How many values r's publisher has published. */
static inline uint64_t
head_of(const struct shm_ring *r)
{
    return __atomic_load_n(&r->state->head, __ATOMIC_ACQUIRE);
}

static inline struct shm_place
stream_place(const Subscriber *s)
{
    return (struct shm_place){s->left, s->generation, s->unread.k, s->lost, s->taken_time};
}

static inline bool
value_too_old(const Subscriber *s, uint64_t published)
{
    return __builtin_expect(s->max_age != 0, 0) && value_age(published, shm_now(CLOCK_MONOTONIC)) > s->max_age;
}

/* Whether there is something to read, having looked for another file where the name may have moved on:
   1, 0, or -1 with an error set. */
static inline int
attachment_ready(Subscriber *s)
{
    for (;;) {
        if (__builtin_expect(s->ring.state == NULL, 0)) {
            int found = attachment_renew(s);
            if (found <= 0) {
                return found;
            }
        }
        if (__builtin_expect(!__atomic_load_n(&s->ring.state->retired, __ATOMIC_ACQUIRE), 1)) {
            uint64_t now = shm_now(CLOCK_MONOTONIC_COARSE);
            if (__builtin_expect(now - s->checked_at < CHECK_EVERY, 1) || attachment_check(s, now)) {
                return 1;
            }
        }
        s->ring.state = NULL;
    }
}

#endif
