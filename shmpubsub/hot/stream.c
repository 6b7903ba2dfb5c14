/* Every value in its turn. A subscriber's place in the stream is `unread`, a ring of its own that stands at
   the last value taken, so that subscribe(), which takes nothing, and the stream do not disturb each other.

   What an ended publisher had published is taken before the next one's: its file, which nobody writes any
   more, stays mapped as `left` until then. One at a time: what is unread in a file between that one and the
   present one is lost, and counted. */
#include "subscriber.h"

#include <string.h>

static uint64_t
head_of(const struct shm_ring *r)
{
    return __atomic_load_n(&r->state->head, __ATOMIC_ACQUIRE);
}

/* How many values are behind the place in r. A head that is behind it is garbage. */
static uint64_t
unread_in(const struct shm_ring *r)
{
    uint64_t head = head_of(r);
    return head > r->k && head < RING_IMPOSSIBLE ? head - r->k : 0;
}

/* The time of value 1, for a place before it; 0 where that one is not there. A publisher that takes a retained
   value over has it as its first one, with its time: so it is known again. */
static uint64_t
first_time(struct shm_ring r)
{
    uint64_t word, time, lost;
    return ring_next(&r, &word, &time, &lost) == RING_OK && r.k == 1 ? time : 0;
}

static uint64_t
newest_time(struct shm_ring r)
{
    uint64_t word, time;
    return ring_newest(&r, &word, &time) == RING_OK ? time : 0;
}

/* The value that the next publisher might have had is lost: it has not. */
static void
settle(Subscriber *s)
{
    s->lost += s->in_doubt != 0;
    s->in_doubt = 0;
}

/* What is behind the place in r is left behind. A retained value is lost only if the next publisher has not got
   it: in doubt until then, so that `lost` never falls. */
static void
lose(Subscriber *s, struct shm_ring r, bool retain)
{
    settle(s);
    s->lost += unread_in(&r);
    if (retain && (s->in_doubt = newest_time(r)) != 0) {
        s->lost--;
    }
}

/* A new subscriber begins with the last few values, all of them there before it. */
static void
join(Subscriber *s)
{
    struct shm_ring *r = &s->unread;
    uint64_t head = r->k, kept = r->count - 1, back = s->history;
    back = back < kept ? back : kept;
    (void)ring_seek(r, head > back ? head - back : 0);
    if (back == 0 && head != 0) {
        s->taken_time = newest_time(*r); /* should it be retained, it is known */
    }
}

/* Stands before what the present file has for this subscriber. */
void
stream_enter(Subscriber *s)
{
    if (s->left != NULL) {
        return; /* later */
    }
    s->unread = (struct shm_ring){0};
    if (s->file == NULL || s->file->ring.state == NULL) {
        return;
    }
    s->unread = s->file->ring;
    if (!s->joined) {
        join(s);
        return;
    }
    (void)ring_seek(&s->unread, 0);
    uint64_t first = first_time(s->unread);
    if (first != 0 && first == s->taken_time) {
        (void)ring_seek(&s->unread, 1);
    }
    /* A first value that is overwritten already is counted with those behind it. */
    if (first == s->in_doubt || (first == 0 && head_of(&s->unread) != 0)) {
        s->in_doubt = 0;
    }
    settle(s);
}

/* The present file is about to be let go. */
void
stream_leave(Subscriber *s)
{
    struct shm_file *f = s->file;
    if (f->ring.state == NULL) {
        return;
    }
    if (s->left != NULL) {
        struct shm_ring all = f->ring;
        (void)ring_seek(&all, 0);
        uint64_t first = first_time(all);
        bool in_doubt = first != 0 && first == s->in_doubt;
        if (in_doubt || (first != 0 && first == newest_time(s->unread))) {
            (void)ring_seek(&all, 1); /* it is taken from left, or counted as an earlier file's */
        }
        if (unread_in(&all) > 0) {
            lose(s, all, f->retain);
        }
        else if (!in_doubt || !f->retain) {
            settle(s);
        }
        return;
    }
    uint64_t unread = s->unread.state == NULL ? 0 : unread_in(&s->unread);
    if (unread > 0 && s->streaming) {
        f->users++;
        s->left = f;
        return;
    }
    if (unread > 0) {
        lose(s, s->unread, f->retain);
    }
    s->unread = (struct shm_ring){0};
}

/* The present file was mapped once more, as f: the place stays. */
void
stream_reopen(Subscriber *s, const struct shm_file *f)
{
    if (s->left == NULL) {
        uint64_t k = s->unread.k;
        s->unread = f->ring;
        (void)ring_seek(&s->unread, k);
    }
}

void
stream_end(Subscriber *s)
{
    if (s->left != NULL) {
        file_release(s->left);
        s->left = NULL;
    }
    s->unread = (struct shm_ring){0};
    s->streaming = false;
}

/* Goes on to the present file. */
static void
move_on(Subscriber *s)
{
    file_release(s->left);
    s->left = NULL;
    stream_enter(s);
}

/* Takes the next value that is there. 1: v is it; 0: there is none; -1 the ring is garbage. */
static int
next(Subscriber *s, struct shm_value *v)
{
    for (;;) {
        if (s->unread.state != NULL) {
            enum ring_read found = ring_next(&s->unread, &v->word, &v->time, &s->lost);
            if (found == RING_OK) {
                v->k = s->unread.k;
                s->taken_time = v->time;
                return 1;
            }
            if (found == RING_CORRUPT && s->left == NULL) {
                return -1;
            }
        }
        if (s->left == NULL) {
            return 0;
        }
        move_on(s);
    }
}

/* Whether there is something to take, as far as can be told without looking for another file. A head that is
   garbage is: taking raises. */
bool
stream_unread(const Subscriber *s)
{
    return s->left != NULL || (s->unread.state != NULL && head_of(&s->unread) != s->unread.k);
}

static int
nothing_left(Subscriber *s)
{
    if (s->watch != NULL) {
        fileno_arm(s);
    }
    return 0;
}

/* Takes the next value, wherever it is now: 1, 0 there is none, or -1 with an error set. */
int
stream_take(Subscriber *s, struct shm_value *v)
{
    s->streaming = true;
    for (int looks = 0;; looks++) {
        int found = next(s, v);
        if (found > 0) {
            if (__builtin_expect(s->watch != NULL, 0) && !stream_unread(s)) {
                fileno_arm(s);
            }
            return found;
        }
        uint64_t generation = s->generation;
        int ready = attachment_ready(s);
        if (ready < 0) {
            return -1;
        }
        if (generation != s->generation) {
            continue;
        }
        if (found < 0) {
            if (ready == 0) {
                s->unread = (struct shm_ring){0}; /* its publisher has ended, and there is no other yet */
                return nothing_left(s);
            }
            PyObject *nothing = PyObject_CallMethod((PyObject *)s, "_corrupt", NULL);
            Py_XDECREF(nothing); /* it raises */
            return -1;
        }
        if (ready > 0 || looks > 0) {
            return nothing_left(s);
        }
        /* The publisher has ended: between the two looks it may have published its last. */
    }
}

/* Whether stream_take has something to take, or to raise where it is the topic's: 1, 0, or -1 with an error set. */
int
stream_look(Subscriber *s)
{
    s->streaming = true;
    for (int looks = 0;; looks++) {
        while (s->left != NULL && unread_in(&s->unread) == 0) {
            move_on(s);
        }
        if (stream_unread(s)) {
            return 1;
        }
        uint64_t generation = s->generation;
        int ready = attachment_ready(s);
        if (ready < 0 || (generation == s->generation && (ready > 0 || looks > 0))) {
            return ready < 0 ? -1 : 0;
        }
    }
}

/* Returns to place after value k was taken, and reports whether it could: not where the file has changed, or
   somebody else has gone on. */
bool
stream_return(Subscriber *s, const struct shm_place *place, uint64_t k)
{
    if (s->unread.state == NULL || s->unread.state != place->state || s->unread.k != k) {
        return false;
    }
    fileno_detach(s);
    (void)ring_seek(&s->unread, place->k);
    s->lost = place->lost;
    s->taken_time = place->taken_time;
    return true;
}
