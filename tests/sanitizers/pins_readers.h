/* The readers of pins_stress.c, and what all of its processes share. */
#ifndef PINS_READERS_H
#define PINS_READERS_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "clock.h"
#include "cursor.h"
#include "pool_file.h"

#define DEPTH 2u
#define VIEWS 3u
#define LOANS 2u
#define SLOTS (DEPTH + 1)
#define CHUNKS (DEPTH + VIEWS + 1 + LOANS)
#define LEAST 64u
#define MOST (8u << 20)
#define READERS 3
#define THREADS 2 /* of a reader's process */

#undef FAIL /* in any process */
#define FAIL(...) (fprintf(stderr, "pins_stress: " __VA_ARGS__), fputc('\n', stderr), unlink(path), _exit(1))

static char path[4096];
static struct pool_file made;

/* What all processes see. */
struct counts {
    uint64_t views, copies, unpinned, lapped, sweeps;
    bool over;
};

static struct counts *counts;
static bool shared;
static pthread_mutex_t gil = PTHREAD_MUTEX_INITIALIZER; /* for what all locks and pins share */

static uint64_t
dice(uint64_t *x)
{
    *x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
    return *x;
}

static void
count(uint64_t *what)
{
    __atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

static uint64_t
word_of(uint64_t k)
{
    return k * 0x9e3779b97f4a7c15u;
}

static void
look_at(const unsigned char *data, uint64_t length, uint64_t k, const char *when)
{
    for (const uint64_t *word = (const uint64_t *)data; length > 0; length -= 8, word++) {
        if (*word != word_of(k)) {
            FAIL("value %lu is torn %s, %lu bytes before its end", k, when, length);
        }
    }
}

/* Readers. */

struct view {
    struct hold hold;
    const unsigned char *data;
    uint64_t length, k;
};

struct reader {
    struct cursor cursor;
    struct ring newest;
    struct view kept[VIEWS];
    unsigned char *room;
    uint64_t x;
};

static struct topic_file *
open_file(struct ring *ring)
{
    struct topic_file *f = pool_file_read(&made, ring);
    pthread_mutex_lock(&gil);
    bool pins = pins_ready(&f->pins, &f->pool, f->dev, f->ino, path);
    pthread_mutex_unlock(&gil);
    if (!pins) {
        FAIL("no lock byte: %m");
    }
    if (shared) { /* the same memory, but its address is what sanitizers go by */
        f->pins.table = pool_file_table(&made);
        f->pool.memory = made.memory + made.geometry.chunks_offset;
        *ring = ring_at(made.memory + SHM_HEADER_OFFSET, made.geometry.first, made.geometry.stride, SLOTS);
    }
    return f;
}

static void
end_view(struct view *v)
{
    if (v->hold.file != NULL) {
        look_at(v->data, v->length, v->k, "at the end of a view");
        hold_release(&v->hold);
    }
}

static void
use(struct reader *r, struct payload *p, enum payload_use use)
{
    if (use == PAYLOAD_VIEW && payload_is_kept(p)) {
#ifdef CLEAR_EARLY
        pins_clear(p->hold.entry);
#endif
        look_at(p->data, p->length, p->k, "at the begin of a view");
        count(&counts->views);
        struct view *v = &r->kept[dice(&r->x) % VIEWS];
        end_view(v);
        *v = (struct view){.hold = p->hold, .data = p->data, .length = p->length, .k = p->k};
        return;
    }
    bool kept = payload_is_kept(p);
    if (shared && !kept) {
        payload_release(p);
        return;
    }
    count(kept ? &counts->copies : &counts->unpinned);
    if (payload_copy(p, r->room)) {
        look_at(r->room, p->length, p->k, kept ? "in a copy" : "in an unpinned copy");
        payload_release(p);
    }
    else {
        count(&counts->lapped);
        cursor_lapped(&r->cursor, p);
    }
}

static void
read_one(struct reader *r)
{
    struct topic_file *f = r->cursor.present.file;
    uint64_t d = dice(&r->x) >> 32, last = r->cursor.present.ring.k, lost = r->cursor.lost;
    enum payload_use as = d % 4 == 0 ? PAYLOAD_COPY : PAYLOAD_VIEW;
    struct payload p;
    payload_init(&p);
    enum ring_read found;
    if (d % 16 == 5) {
        f->pins.swept_at = 0;
        if (pins_sweep(&f->pins, &f->pool)) {
            count(&counts->sweeps);
        }
    }
    switch (d / 16 % 3) {
    case 0:
        found = payload_newest(&r->newest, f, path, as, &p);
        break;
    case 1:
        found = payload_at(&r->newest, f, path, as, &p, ring_published(&r->newest) - d / 64 % (DEPTH + 1));
        break;
    default:
        found = cursor_next_payload(&r->cursor, path, as, &p);
        if (found == RING_OK && p.k - last - 1 != r->cursor.lost - lost) {
            FAIL("from value %lu to %lu: %lu lost", last, p.k, r->cursor.lost - lost);
        }
        break;
    }
    if (found == RING_CORRUPT) {
        FAIL("garbage: way %lu, head %lu, position %lu", d / 16 % 3, ring_published(&r->newest), last);
    }
    if (found == RING_OK) {
        use(r, &p, as);
    }
    if (d / 256 % 8 == 0) {
        end_view(&r->kept[d / 2048 % VIEWS]);
    }
}

static void *
read_all(void *seed)
{
    struct reader r = {.x = (uint64_t)(uintptr_t)seed * 0x2545f4914f6cdd1du + 1, .room = malloc(MOST)};
    struct ring ring;
    struct topic_file *f = open_file(&ring);
    cursor_enter(&r.cursor, f, &ring);
    r.newest = ring;
    while (!__atomic_load_n(&counts->over, __ATOMIC_RELAXED)) {
        read_one(&r);
    }
    for (unsigned i = 0; i < VIEWS; i++) {
        end_view(&r.kept[i]);
    }
    free(r.room);
    pthread_mutex_lock(&gil);
    topic_file_release(f);
    pthread_mutex_unlock(&gil);
    return NULL;
}

static pthread_t
start_thread(uint64_t seed)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, read_all, (void *)(uintptr_t)seed) != 0) {
        FAIL("pthread_create");
    }
    return thread;
}

static pid_t
start_process(uint64_t seed)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_t threads[THREADS];
        for (unsigned i = 0; i < THREADS; i++) {
            threads[i] = start_thread(seed + i);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        _exit(0);
    }
    return pid;
}

static void
check_that_all_run(void)
{
    siginfo_t ended = {0};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0) {
        FAIL("a reader has ended");
    }
}

static void
end_process(pid_t pid, bool kills)
{
    int status;
    if (kills) {
        kill(pid, SIGKILL);
    }
    if (waitpid(pid, &status, 0) != pid || (status != 0 && !(kills && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))) {
        FAIL("a reader ended with status %#x", status);
    }
}

#endif
