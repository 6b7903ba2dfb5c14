/* chunks.c, pins.c and payload.c, unchanged, under real processes and threads, and without Python: built plainly and
   with sanitizers by test_pins.py.

       pins_stress FOLDER shared|mapped VIEWS KILLS

   One writer, and readers that keep views and make copies of values from 64 bytes to 8 MiB. Every word of a value is
   the same, and belongs to its number: looked at when a view begins, and when it ends, and in every copy. The writer
   keeps loans open, publishes them late, or drops them.
   mapped  processes of two readers each, killed at any time; whoever finds no free entry sweeps, and now and then
           somebody else does.
   shared  threads that share the writer's memory, so that sanitizers see every pair of accesses; all are pinned.
   Ends when there were so many views and kills, and an eighth as many values: no chunk is missing then, nor, after a sweep, an entry.

   The macro CLEAR_EARLY breaks the harness: readers end their pins before they look. */
#define _GNU_SOURCE
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

/* The writer. */

struct loan {
    uint32_t chunk;
    bool open;
};

static void
fill(const struct chunks *c, uint32_t chunk, uint64_t length, uint64_t k)
{
    uint64_t *words = (uint64_t *)pool_payload(&c->pool, chunk);
    for (uint64_t i = 0; i < length / 8; i++) {
        words[i] = word_of(k);
    }
}

/* Mostly small ones: as many of each size. */
static uint64_t
some_length(uint64_t *x)
{
    uint64_t length = (uint64_t)LEAST << dice(x) % 18;
    length -= dice(x) % (length / 2) / 8 * 8;
    return length < LEAST ? LEAST : length > MOST ? MOST : length;
}

static void
write_one(struct chunks *c, struct ring *r, struct loan *late, uint64_t *x)
{
    uint64_t length = some_length(x), d = dice(x) >> 40;
    uint32_t chunk;
    if (late->open && d % 4 == 0) {
        late->open = false;
        chunk = late->chunk;
        if (d / 4 % 2) {
            chunks_drop(c, chunk);
            return;
        }
    }
    else if (!chunks_take(c, r, &chunk)) {
        FAIL("no chunk for value %lu", r->k + 1);
    }
    fill(c, chunk, length, r->k + 1);
    if (!late->open && d / 8 % 8 == 0) {
        *late = (struct loan){.chunk = chunk, .open = true}; /* and filled again when it is published */
    }
    else if (d / 64 % 4 == 0) {
        chunks_publish_early(c, r, chunk, length, 1);
    }
    else {
        chunks_publish(c, r, chunk, length, 1);
    }
}

static void
check_chunks(const struct chunks *c)
{
    uint8_t seen[CHUNKS] = {0};
    uint32_t named = 0;
    for (uint32_t i = 0; i < c->idle_count; i++) {
        seen[c->idle[i]]++;
    }
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (c->of_slot[i] != CHUNKS_NONE) {
            seen[c->of_slot[i]]++;
            named++;
        }
    }
    for (uint32_t i = 0; i < CHUNKS; i++) {
        if (seen[i] > 1) {
            FAIL("chunk %u is there twice", i);
        }
    }
    if (c->idle_count + named + c->taken != CHUNKS) {
        FAIL("%u chunks are idle, %u named, %u taken", c->idle_count, named, c->taken);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 5 || fork_init() != 0) {
        FAIL("usage: pins_stress FOLDER shared|mapped VIEWS KILLS");
    }
    snprintf(path, sizeof path, "%s/pins", argv[1]);
    shared = argv[2][0] == 's';
    uint64_t views = strtoull(argv[3], NULL, 10), kills = strtoull(argv[4], NULL, 10), killed = 0, published = 0;
    uint64_t x = (clock_now(CLOCK_REALTIME) ^ (uint64_t)getpid() << 40) | 1;
    printf("seed %lu\n", x);
    fflush(stdout);
    counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) {
        FAIL("no memory");
    }
    made = pool_file_make(path, MOST, DEPTH, VIEWS, LOANS);
    struct ring r, unused;
    struct chunks c;
    pool_file_write(&made, &c, &r);
    pid_t processes[READERS];
    pthread_t threads[READERS];
    for (uint64_t i = 0; i < READERS; i++) {
        if (shared) {
            threads[i] = start_thread(dice(&x));
        }
        else {
            processes[i] = start_process(dice(&x));
        }
    }
    struct loan late = {0};
    while (__atomic_load_n(&counts->views, __ATOMIC_RELAXED) < views || killed < kills || published < views / 8) {
        write_one(&c, &r, &late, &x);
        check_that_all_run();
        published++;
        if (!shared && views * killed <= kills * counts->views && killed < kills) {
            uint64_t i = dice(&x) % READERS;
            end_process(processes[i], true);
            processes[i] = start_process(dice(&x));
            killed++;
        }
        check_chunks(&c);
    }
    if (!shared) {
        end_process(processes[0], true);
    }
    __atomic_store_n(&counts->over, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < READERS; i++) {
        if (shared) {
            pthread_join(threads[i], NULL);
        }
        else if (i > 0) {
            end_process(processes[i], false);
        }
    }
    struct topic_file *sweeper = open_file(&unused);
    (void)pins_sweep(&sweeper->pins, &sweeper->pool);
    topic_file_release(sweeper);
    if (pool_file_entries(&made) != 0) {
        FAIL("%u entries are in use", pool_file_entries(&made));
    }
    if (late.open) {
        chunks_drop(&c, late.chunk);
    }
    check_chunks(&c);
    printf("%lu published, %lu views, %lu copies, %lu unpinned copies, %lu of them lapped, %lu killed, %lu sweeps\n", published,
           counts->views, counts->copies, counts->unpinned, counts->lapped, killed, counts->sweeps);
    chunks_close(&c);
    unlink(path);
    return 0;
}
