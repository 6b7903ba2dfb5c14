/* What test_pins.py kills at each step: chunks.c, pins.c and payload.c in programs of their own.

       pins_victim FILE create|leave|write|check
       pins_victim FILE publish|drop|late|view|copy|sweep|look     waits for a byte on stdin, and marks where it begins and ends

   create  makes the topic's file, with two values
   leave   dies with two entries
   write   publishes several values in each chunk
   look    views a value; it has its lock byte before the mark
   check   finds no torn value, clears what the dead have left, and goes on as the writer: no chunk and no entry is
           missing */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>

#include "../sanitizers/pool_file.h"

#define DEPTH 2u
#define VIEWS 1u
#define LOANS 2u
#define CHUNKS (DEPTH + VIEWS + 1 + LOANS)
#define MOST 64u

static struct pool_file made;

/* The writer. */

static struct chunks chunks;
static struct ring ring;

/* The two words of every value, one store after the other. */
static void
fill(uint32_t chunk, uint64_t k)
{
    volatile uint64_t *words = (uint64_t *)pool_payload(&chunks.pool, chunk);
    words[0] = words[1] = k * 0x9e3779b97f4a7c15u;
}

static uint32_t
take(void)
{
    uint32_t chunk;
    if (!chunks_take(&chunks, &ring, &chunk)) {
        FAIL("no chunk");
    }
    return chunk;
}

static void
publish_chunk(uint32_t chunk)
{
    fill(chunk, ring.k + 1);
    chunks_publish(&chunks, &ring, chunk, 16, ring.k + 1);
}

static void
publish(void)
{
    publish_chunk(take());
}

static void
drop(void)
{
    uint32_t chunk = take();
    fill(chunk, 99);
    chunks_drop(&chunks, chunk);
}

static void
late(void)
{
    uint32_t first = take(), second = take();
    publish_chunk(second);
    publish_chunk(first);
}

/* A reader. */

static struct topic_file *file;
static struct ring newest;

static void
look_at(const void *data, const struct payload *p)
{
    const uint64_t *words = data;
    uint64_t word = p->k * 0x9e3779b97f4a7c15u;
    if (p->length != 16 || p->time != p->k || words[0] != word || words[1] != word) {
        FAIL("value %lu is torn", p->k);
    }
}

/* Reads value k, or the newest one if k is 0; whether it was there. */
static bool
read_value(enum payload_use use, uint64_t k, struct payload *p)
{
    payload_init(p);
    enum ring_read found = k == 0 ? payload_newest(&newest, file, made.path, use, p) : payload_at(&newest, file, made.path, use, p, k);
    if (found == RING_CORRUPT) {
        FAIL("garbage");
    }
    if (found == RING_OK) {
        uint64_t words[MOST / 8];
        if (!payload_copy(p, words)) {
            FAIL("value %lu was overwritten, and nobody writes", p->k);
        }
        look_at(words, p);
    }
    return found == RING_OK;
}

/* Reads the newest value, and fails unless it was pinned. */
static void
read_pinned(enum payload_use use)
{
    struct payload p;
    if (!read_value(use, 0, &p) || p.hold.entry == NULL) {
        FAIL("%s", use == PAYLOAD_VIEW ? "no view" : "no pinned copy");
    }
    payload_release(&p);
}

/* In a mapping of its own. If all entries are in use, of the dead, it sweeps. */
static void
view(void)
{
    file = pool_file_read(&made, &newest);
    read_pinned(PAYLOAD_VIEW);
    topic_file_release(file);
}

static void
copy(void)
{
    file = pool_file_read(&made, &newest);
    read_pinned(PAYLOAD_COPY);
    topic_file_release(file);
}

static void
leave(void)
{
    struct payload p, q;
    file = pool_file_read(&made, &newest);
    if (!read_value(PAYLOAD_VIEW, 0, &p) || !read_value(PAYLOAD_COPY, 0, &q) || q.hold.entry == NULL) {
        FAIL("no two pins");
    }
    raise(SIGKILL);
}

static void
look(void)
{
    read_pinned(PAYLOAD_VIEW);
}

static void
check(void)
{
    struct payload p;
    file = pool_file_read(&made, &newest);
    uint64_t head = ring_published(&newest);
    if (head < 2 || !read_value(PAYLOAD_COPY, 0, &p) || p.k != head) {
        FAIL("value %lu is not there", head);
    }
    payload_release(&p);
    for (uint64_t k = 1; k <= head; k++) {
        if (read_value(PAYLOAD_COPY, k, &p)) {
            payload_release(&p);
        }
    }
    file->pins.swept_at = 0;
    (void)pins_sweep(&file->pins, &file->pool);
    pool_file_write(&made, &chunks, &ring);
    if (pool_file_entries(&made) != 0) {
        FAIL("%u entries are in use", pool_file_entries(&made));
    }
    struct payload kept;
    if (!read_value(PAYLOAD_VIEW, 0, &kept) || kept.hold.entry == NULL) {
        FAIL("no view");
    }
    for (int i = 0; i < 4 * (int)CHUNKS; i++) {
        (i % 3 == 2 ? late : i % 3 == 1 ? drop : publish)();
        look_at(kept.data, &kept);
    }
    payload_release(&kept);
}

int
main(int argc, char **argv)
{
    const struct {
        const char *name;
        bool writes;
        void (*does)(void);
    } roles[] = {
        {"publish", true, publish}, {"drop", true, drop}, {"late", true, late},
        {"look", false, look},   {"view", false, view},      {"copy", false, copy}, {"sweep", false, view},
    };
    if (argc != 3) {
        FAIL("usage: pins_victim FILE ROLE");
    }
    made = pool_file_make(argv[1], MOST, DEPTH, VIEWS, LOANS);
    if (strcmp(argv[2], "create") == 0) {
        pool_file_write(&made, &chunks, &ring);
        publish();
        publish();
        return 0;
    }
    if (strcmp(argv[2], "leave") == 0) {
        leave();
    }
    if (strcmp(argv[2], "write") == 0) {
        pool_file_write(&made, &chunks, &ring);
        for (unsigned i = 0; i < 4 * CHUNKS; i++) {
            publish();
        }
        return 0;
    }
    if (strcmp(argv[2], "check") == 0) {
        check();
        return 0;
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(argv[2], roles[i].name) == 0) {
            if (roles[i].writes) {
                pool_file_write(&made, &chunks, &ring);
            }
            if (roles[i].does == look) {
                file = pool_file_read(&made, &newest);
                look();
            }
            if (getchar() == EOF) {
                FAIL("nobody traces");
            }
            raise(SIGUSR2);
            roles[i].does();
            raise(SIGUSR2);
            return 0;
        }
    }
    FAIL("no role %s", argv[2]);
}
