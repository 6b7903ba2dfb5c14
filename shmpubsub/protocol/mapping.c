#include "mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "layout.h"
#include "page.h"

static bool
is_mapped(void *base, size_t size)
{
    /* msync does nothing, but fails unless base begins a page and all of it is mapped. */
    return base != NULL && size > 0 && msync(base, size, MS_ASYNC) == 0;
}

bool
mapping_is_sound(const struct mapping *m, const struct geometry *g)
{
    struct stat st;
    uint64_t end = SHM_HEADER_OFFSET + m->size; /* in the file */
    uint64_t least = g->chunks > 0 ? sizeof(struct pooled_slot) : offsetof(struct ring_slot, payload) + (g->elem_size + 7) / 8 * 8;
    return is_mapped(m->base, m->size) && g->first >= SHM_HEADER_OFFSET + SHM_HEAD_OFFSET + sizeof(struct ring_head) &&
           g->first <= end && g->first % 8 == 0 && g->elem_size > 0 && g->elem_size <= SHM_MAX_SIZE &&
           g->stride % 8 == 0 && g->stride >= least && g->slots > 0 && g->slots <= (end - g->first) / g->stride &&
           (m->fd == -1 || (fstat(m->fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= end));
}

static bool
chunks_fit(size_t size, const struct geometry *g)
{
    return g->chunk_stride % 64 == 0 && g->elem_size <= SHM_MAX_SIZE &&
           g->chunk_stride >= SHM_CHUNK_PAYLOAD + g->elem_size && g->views <= SHM_MAX_VIEWS &&
           g->slots - 1 < g->chunks && g->chunks <= size / g->chunk_stride;
}

bool
mapping_has_chunks(void *pool, size_t size, const struct geometry *g)
{
    return g->chunks == 0 ? pool == NULL : is_mapped(pool, size) && chunks_fit(size, g);
}

bool
mapping_is_page0(void *page0)
{
    return is_mapped(page0, page_size());
}

bool
mapping_holds_chunks(const struct mapping *m, const struct geometry *g)
{
    if (g->chunks == 0) {
        return true;
    }
    uint64_t at = g->chunks_offset - SHM_HEADER_OFFSET; /* wraps round if it is before */
    return at < m->size && at % SHM_SMALLEST_PAGE == 0 && chunks_fit(m->size - at, g);
}
