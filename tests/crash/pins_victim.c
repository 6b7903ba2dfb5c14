/* What test_pins.py kills at each step: chunks.c, pins.c and payload.c in programs of their own.

       pins_victim FILE create|leave|check
       pins_victim FILE publish|drop|late|view|copy|sweep     waits for a byte on stdin, and marks where it begins and ends

   create  makes the topic's file, with two values
   leave   dies with two entries
   check   finds no torn value, clears what the dead have left, and goes on as the writer: no chunk and no entry is
           missing */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chunks.h"
#include "payload.h"

#define DEPTH 2u
#define VIEWS 1u
#define LOANS 2u
#define SLOTS (DEPTH + 1)
#define CHUNKS (DEPTH + VIEWS + 1 + LOANS)
#define MOST 64u
#define CHUNKS_OFFSET (2 * SHM_HEADER_OFFSET)
#define SIZE (CHUNKS_OFFSET + CHUNKS * 128u)

#define FAIL(...) (fprintf(stderr, "pins_victim: " __VA_ARGS__), fputc('\n', stderr), exit(1))

static const struct geometry geometry = {
    .first = SHM_HEADER_OFFSET + 256,
    .stride = 32,
    .slots = SLOTS,
    .elem_size = MOST,
    .chunks_offset = CHUNKS_OFFSET,
    .chunk_stride = 128,
    .chunks = CHUNKS,
    .views = VIEWS,
    .loans = LOANS,
};

static const char *path;

/* The writer. */

static struct chunks chunks;
static struct ring ring;

static void
open_writer(void)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, SIZE) != 0) {
        FAIL("no file %s: %m", path);
    }
    unsigned char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED) {
        FAIL("mmap: %m");
    }
    ring = ring_at(memory + SHM_HEADER_OFFSET, geometry.first, geometry.stride, SLOTS);
    struct pool pool = pool_at(memory + CHUNKS_OFFSET, &geometry);
    if (!chunks_open(&chunks, &ring, &pool, (uint64_t *)(memory + SHM_PINS_OFFSET), LOANS)) {
        FAIL("no memory");
    }
}

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
open_reader(void)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct mapping m = {.size = SIZE - SHM_HEADER_OFFSET, .fd = fd};
    m.base = mmap(NULL, m.size, PROT_READ, MAP_SHARED, fd, SHM_HEADER_OFFSET);
    if (fd < 0 || m.base == MAP_FAILED || (file = topic_file_open(&m)) == NULL) {
        FAIL("no file %s: %m", path);
    }
    file->pool = pool_at((unsigned char *)m.base + (CHUNKS_OFFSET - SHM_HEADER_OFFSET), &geometry);
    newest = ring_at(m.base, geometry.first, geometry.stride, SLOTS);
}

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
    enum ring_read found = k == 0 ? payload_newest(&newest, file, path, use, p) : payload_at(&newest, file, path, use, p, k);
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

static void
view(void)
{
    struct payload p;
    open_reader();
    if (!read_value(PAYLOAD_VIEW, 0, &p) || p.hold.entry == NULL) {
        FAIL("no view");
    }
    payload_release(&p);
    topic_file_release(file);
}

static void
copy(void)
{
    struct payload p;
    open_reader();
    if (!read_value(PAYLOAD_COPY, 0, &p) || p.hold.entry == NULL) {
        FAIL("no pinned copy");
    }
    payload_release(&p);
    topic_file_release(file);
}

static void
leave(void)
{
    struct payload p, q;
    open_reader();
    if (!read_value(PAYLOAD_VIEW, 0, &p) || !read_value(PAYLOAD_COPY, 0, &q) || q.hold.entry == NULL) {
        FAIL("no two pins");
    }
    raise(SIGKILL);
}

/* All entries are in use, of the dead. */
static void
sweep(void)
{
    struct payload p;
    open_reader();
    if (!read_value(PAYLOAD_VIEW, 0, &p) || p.hold.entry == NULL) {
        FAIL("the dead keep their pins");
    }
    payload_release(&p);
    topic_file_release(file);
}

static void
check(void)
{
    struct payload p;
    open_reader();
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
    open_writer();
    for (uint32_t i = 0; i <= VIEWS; i++) {
        if (__atomic_load_n(&chunks.table[i], __ATOMIC_RELAXED) != 0) {
            FAIL("entry %u is in use", i);
        }
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
        {"view", false, view},      {"copy", false, copy}, {"sweep", false, sweep},
    };
    if (argc != 3) {
        FAIL("usage: pins_victim FILE ROLE");
    }
    path = argv[1];
    if (strcmp(argv[2], "create") == 0) {
        open_writer();
        publish();
        publish();
        return 0;
    }
    if (strcmp(argv[2], "leave") == 0) {
        leave();
    }
    if (strcmp(argv[2], "check") == 0) {
        check();
        return 0;
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(argv[2], roles[i].name) == 0) {
            if (roles[i].writes) {
                open_writer();
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
