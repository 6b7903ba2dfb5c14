#include "mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

bool
mapping_is_sound(const struct mapping *m, uint64_t first, uint64_t stride, uint64_t slots)
{
    struct stat st;
    return m->base != NULL && (uintptr_t)m->base % (uintptr_t)sysconf(_SC_PAGESIZE) == 0 && first <= m->size &&
           first >= SHM_HEAD_OFFSET + sizeof(struct ring_head) && first % 8 == 0 && stride % 8 == 0 &&
           stride >= sizeof(struct ring_slot) && slots > 0 && slots <= (m->size - first) / stride &&
           (m->fd == -1 || (fstat(m->fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= m->size)) &&
           msync(m->base, m->size, MS_ASYNC) == 0; /* does nothing, but fails unless all of it is mapped */
}
