/* A pooled topic's file, as the programs that test chunks, pins and payloads make and open it. */
#ifndef POOL_FILE_H
#define POOL_FILE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chunks.h"
#include "payload.h"

#define FAIL(...) \
    (fprintf(stderr, "%s: ", program_invocation_short_name), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))

struct pool_file {
    const char *path;
    struct geometry geometry;
    size_t size;
    unsigned char *memory; /* all of it, mapped for the writer */
};

/* Makes the file, or maps one that was made with the same numbers. depth: buffer_num. max: bytes; views and loans as
   in the header. */
static inline struct pool_file
pool_file_make(const char *path, uint64_t max, uint32_t depth, uint32_t views, uint32_t loans)
{
    struct pool_file f = {.path = path};
    uint64_t stride = (SHM_CHUNK_PAYLOAD + max + 63) / 64 * 64;
    f.geometry = (struct geometry){
        .first = SHM_HEADER_OFFSET + 256,
        .stride = 32,
        .slots = depth + 1,
        .elem_size = max,
        .chunks_offset = 2 * SHM_HEADER_OFFSET,
        .chunk_stride = stride < 4096 ? stride : (stride + 4095) / 4096 * 4096,
        .chunks = depth + views + 1 + loans,
        .views = views,
        .loans = loans,
    };
    f.size = f.geometry.chunks_offset + f.geometry.chunks * f.geometry.chunk_stride;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)f.size) != 0) {
        FAIL("no file %s: %m", path);
    }
    f.memory = mmap(NULL, f.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (f.memory == MAP_FAILED) {
        FAIL("no mapping of %s: %m", path);
    }
    close(fd);
    return f;
}

static inline uint64_t *
pool_file_table(const struct pool_file *f)
{
    return (uint64_t *)(f->memory + SHM_PINS_OFFSET);
}

/* Opens the writer. */
static inline void
pool_file_write(const struct pool_file *f, struct chunks *c, struct ring *r)
{
    *r = ring_at(f->memory + SHM_HEADER_OFFSET, f->geometry.first, f->geometry.stride, f->geometry.slots);
    struct pool pool = pool_at(f->memory + f->geometry.chunks_offset, &f->geometry);
    if (!chunks_open(c, r, &pool, pool_file_table(f), f->geometry.loans)) {
        FAIL("no memory");
    }
}

/* Opens it for reading. r is at its newest value. */
static inline struct topic_file *
pool_file_read(const struct pool_file *f, struct ring *r)
{
    struct mapping m = {.size = f->size - SHM_HEADER_OFFSET, .fd = open(f->path, O_RDONLY | O_CLOEXEC)};
    m.base = mmap(NULL, m.size, PROT_READ, MAP_SHARED, m.fd, SHM_HEADER_OFFSET);
    struct topic_file *file = m.base == MAP_FAILED ? NULL : topic_file_open(&m);
    if (file == NULL) {
        FAIL("no file %s: %m", f->path);
    }
    file->pool = pool_at((unsigned char *)m.base + (f->geometry.chunks_offset - SHM_HEADER_OFFSET), &f->geometry);
    *r = ring_at(m.base, f->geometry.first, f->geometry.stride, f->geometry.slots);
    return file;
}

static inline uint32_t
pool_file_entries(const struct pool_file *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i <= f->geometry.views; i++) {
        n += __atomic_load_n(&pool_file_table(f)[i], __ATOMIC_RELAXED) != 0;
    }
    return n;
}

#endif
