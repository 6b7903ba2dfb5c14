/* chunks.c, pins.c and payload.c, unchanged, under real processes and threads, and without Python: built plainly and
   with sanitizers by test_pins.py.

       pins_stress FOLDER shared|mapped VIEWS KILLS

   One writer, and readers that keep views and make copies of values from 64 bytes to 8 MiB. Every word of a value is
   the same, and belongs to its number: looked at when a view begins, and when it ends, and in every copy. The writer
   keeps loans open, publishes them late, or drops them.
   mapped  processes of two readers each, killed at any time; a reader that finds no free entry sweeps, and now and then
           somebody else does.
   shared  threads that share the writer's memory, so that sanitizers see every pair of accesses; all are pinned.
   Ends when there were so many views and kills, and an eighth as many values: no chunk is missing then, nor, after a
   sweep, an entry.

   The macro CLEAR_EARLY breaks the harness: readers end their pins before they look. */
#define _GNU_SOURCE
#include "pins_readers.h"

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
