/* Every value in its turn. This is stream.go and detach of attachment.go once more, function by function;
   tests/differential gives both the same to do.

   A subscriber's cursor is `unread`, a ring of its own that stands at the last value taken, so that
   subscribe(), which takes nothing, and the stream do not disturb each other.

   What an ended publisher had published is taken before the next one's: its file, which nobody writes any
   more, stays mapped as `left` until then. One at a time: what is unread in a file between that one and the
   present one is lost, and counted. */
#include "subscriber.h"

#include <string.h>

/* How many values were published after the cursor r. Where head contradicts it, or there is no file, 0. */
static uint64_t
unseen(const struct shm_ring *r)
{
    uint64_t head = r->state == NULL ? 0 : head_of(r);
    return head > r->k && head < RING_IMPOSSIBLE ? head - r->k : 0;
}

/* When the last value was published; 0 where there is none. */
static uint64_t
newest_time(struct shm_ring r)
{
    uint64_t word, time;
    return ring_newest(&r, &word, &time) == RING_OK ? time : 0;
}

/* The cursor in the present file. */
static struct shm_ring
present(const Subscriber *s)
{
    if (s->left == NULL) {
        return s->unread;
    }
    struct shm_ring r = s->file == NULL ? (struct shm_ring){0} : s->file->ring;
    if (r.state != NULL) {
        (void)ring_seek(&r, s->after);
    }
    return r;
}

/* Sets a new subscriber before the last values of the publisher that is there, if one is. Every later
   publisher's are new from the first. */
void
stream_join(Subscriber *s)
{
    if (s->unread.state == NULL) {
        return;
    }
    struct shm_ring newest = s->unread;
    uint64_t word, time = 0, kept = newest.count - 1, back = s->history < kept ? s->history : kept;
    uint64_t head = ring_newest(&newest, &word, &time) == RING_OK ? newest.k : 0;
    (void)ring_seek(&s->unread, head > back ? head - back : 0);
    if (s->history == 0) {
        s->taken_time = time; /* should the next publisher carry it over, it is not new */
    }
}

/* Stands before what the present file has for this subscriber. If its value 1 is a retained one that the
   publisher carried over, the header has that one's time, by which it is known again. */
void
stream_enter(Subscriber *s)
{
    if (s->file->ring.state == NULL) {
        return;
    }
    uint64_t carried = s->file->carried_time, doubt = s->doubt_time;
    s->doubt_time = s->after = 0;
    if (carried != doubt) { /* else none, or one that was left behind: still to be taken */
        if (carried != 0 && (carried == s->taken_time || (s->left != NULL && carried == newest_time(s->unread)))) {
            s->after = 1; /* taken, or to be taken from left */
        }
        s->lost += doubt != 0;
    }
    if (s->left == NULL) {
        s->unread = s->file->ring;
        (void)ring_seek(&s->unread, s->after);
    }
}

/* Leaves the present file with n values that were not taken. A retained one is lost only if the next
   publisher has not carried it over: in doubt until then, so that `lost` never falls. */
static void
lose(Subscriber *s, uint64_t n)
{
    s->lost += n;
    if (n > 0 && s->file->retain && (s->doubt_time = newest_time(s->file->ring)) != 0) {
        s->lost--;
    }
}

/* Goes on from left to the present file. */
static void
move_on(Subscriber *s)
{
    s->lost += unseen(&s->unread); /* none, but of garbage */
    struct shm_ring r = present(s);
    file_release(s->left);
    s->left = NULL;
    s->unread = r;
}

/* Lets the present file go: nothing is published there any more. A subscriber that receives can still have what
   it has not yet: the file is kept for that, one at a time. (One that only ever asks for the newest value keeps
   none: it would hold on to the memory for good.) */
void
stream_leave(Subscriber *s)
{
    if (s->left != NULL && unseen(&s->unread) == 0) {
        move_on(s);
    }
    struct shm_ring r = present(s);
    uint64_t n = unseen(&r);
    if (n > 0 && s->receiving && s->left == NULL) {
        s->file->users++;
        s->left = s->file;
        return;
    }
    lose(s, n);
    if (s->left == NULL) {
        s->unread = (struct shm_ring){0};
    }
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
    s->receiving = false;
}

/* Takes the next value of the files that are mapped. 1: v is it; 0: there is none; -1 the present one is garbage. */
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
    s->receiving = true;
    for (;;) {
        int found = next(s, v);
        if (found > 0) {
            if (__builtin_expect(s->watch != NULL, 0) && !stream_unread(s)) {
                fileno_arm(s);
            }
            return found;
        }
        /* Only whoever has nothing left to take here may look whether it goes on elsewhere. What is published
           between the two looks, as the last, is in left then. */
        uint64_t generation = s->generation;
        int ready = attachment_ready(s);
        if (ready < 0) {
            return -1;
        }
        if (generation != s->generation) {
            continue;
        }
        if (ready > 0 && found < 0) {
            shm_raised(PyObject_CallMethod((PyObject *)s, "_corrupt", NULL));
            return -1;
        }
        return nothing_left(s);
    }
}

/* Whether stream_take has something to take, or to raise where it is the topic's: 1, 0, or -1 with an error set. */
int
stream_look(Subscriber *s)
{
    s->receiving = true;
    for (;;) {
        while (s->left != NULL && unseen(&s->unread) == 0) {
            move_on(s);
        }
        if (stream_unread(s)) {
            return 1;
        }
        uint64_t generation = s->generation;
        int ready = attachment_ready(s);
        if (ready < 0 || generation == s->generation) {
            return ready < 0 ? -1 : 0;
        }
    }
}

/* Returns to place after value k was taken, and reports whether it could: not if that was in another file, or
   somebody else has gone on. */
bool
stream_return(Subscriber *s, const struct shm_place *place, uint64_t k)
{
    if (s->unread.state == NULL || s->generation != place->generation || s->left != place->left || s->unread.k != k) {
        return false;
    }
    fileno_detach(s);
    (void)ring_seek(&s->unread, place->k);
    s->lost = place->lost;
    s->taken_time = place->taken_time;
    return true;
}
