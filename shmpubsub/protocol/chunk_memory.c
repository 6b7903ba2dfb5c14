#include "chunk_memory.h"

#include <stdlib.h>
#include <sys/mman.h>

struct chunk_memory *
chunk_memory_open(void *base, size_t size)
{
    struct chunk_memory *m = malloc(sizeof *m);
    if (m == NULL) {
        munmap(base, size);
        return NULL;
    }
    *m = (struct chunk_memory){.base = base, .size = size, .users = 1};
    return m;
}

void
chunk_memory_release(struct chunk_memory *m)
{
    if (--m->users == 0) {
        munmap(m->base, m->size);
        free(m);
    }
}
