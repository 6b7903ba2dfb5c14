/* A topic with one value, a writer and a reader of it: what pins_cases.c and pins_locks.c share. */
#ifndef POOL_CASE_H
#define POOL_CASE_H

#include <errno.h>
#include <sys/stat.h>

#include "pool_file.h"

#define VIEWS 2u
#define DEPTH 3u /* buffer_num */
#define CHECK(truth) ((truth) ? (void)0 : FAIL("line %d: %s", __LINE__, #truth))

static struct pool_file made;
static struct chunks chunks;
static struct ring writer, reader;
static struct topic_file *file;

static inline uint64_t
word_of(uint64_t k)
{
    return k * 0x9e3779b97f4a7c15u;
}

static inline void
publish(void)
{
    uint32_t chunk;
    CHECK(chunks_take(&chunks, &writer, &chunk));
    uint64_t k = writer.k + 1, word = word_of(k);
    memcpy(pool_payload(&chunks.pool, chunk), &word, 8);
    memcpy(pool_payload(&chunks.pool, chunk) + 8, "tail", 4);
    chunks_publish(&chunks, &writer, chunk, 12, k);
}

static inline struct payload
newest_of(struct topic_file *f, enum payload_use use)
{
    struct payload p;
    payload_init(&p);
    CHECK(payload_newest(&reader, f, made.path, use, &p) == RING_OK);
    return p;
}

static inline struct payload
newest(enum payload_use use)
{
    return newest_of(file, use);
}

static inline bool
copies(const struct payload *p)
{
    unsigned char to[13] = {[12] = 0x55};
    if (!payload_copy(p, to)) {
        return false;
    }
    uint64_t word;
    memcpy(&word, to, 8);
    CHECK(word == word_of(p->k) && memcmp(to + 8, "tail", 4) == 0 && to[12] == 0x55 && p->time == p->k);
    return true;
}

static inline void
sweep_now(struct topic_file *f)
{
    f->pins.swept_at = 0;
    (void)pins_sweep(&f->pins, &f->pool);
}

/* Sweeps as somebody else. */
static inline void
others_sweep(void)
{
    struct ring r;
    struct topic_file *other = pool_file_read(&made, &r);
    CHECK(pins_ready(&other->pins, &other->pool, other->dev, other->ino, made.path));
    sweep_now(other);
    topic_file_release(other);
}

struct pool_case {
    const char *name;
    void (*does)(void);
};

#define CASE(name) {#name, name}

/* Runs the case that the arguments name. */
static inline int
run_case(int argc, char **argv, const struct pool_case *cases, size_t n)
{
    static char path[4096];
    if (argc != 3 || fork_init() != 0) {
        FAIL("usage: %s FOLDER CASE", argv[0]);
    }
    snprintf(path, sizeof path, "%s/pins", argv[1]);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(argv[2], cases[i].name) == 0) {
            made = pool_file_make(path, 64, DEPTH, VIEWS, 1);
            pool_file_write(&made, &chunks, &writer);
            publish();
            file = pool_file_read(&made, &reader);
            cases[i].does();
            topic_file_release(file);
            chunks_close(&chunks);
            unlink(path);
            return 0;
        }
    }
    FAIL("no case %s", argv[2]);
}

#endif
