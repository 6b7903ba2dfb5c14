/* A publisher's pool: mapped until the publisher is closed and the last array that was made from a loan is gone. */
#ifndef SHM_CHUNK_MEMORY_H
#define SHM_CHUNK_MEMORY_H

#include <stddef.h>

/* The caller serialises all calls on one of these. */
struct chunk_memory {
    unsigned char *base;
    size_t size;
    long users;
};

/* Takes the mapping over, with one user. NULL: no memory, and the mapping is gone. */
struct chunk_memory *chunk_memory_open(void *base, size_t size);

/* Ends one use. The last one unmaps it. */
void chunk_memory_release(struct chunk_memory *m);

#endif
