#include "mapping_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RING "%" SCNu64 " %" SCNu64 " %" SCNu64
#define CHUNKS "%" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32

/* Returns the second line, or NULL with an error set. */
static const char *
type_line(PyObject *text, int scanned, int expected)
{
    const char *line = scanned == expected ? strchr(PyUnicode_AsUTF8(text), '\n') : NULL;
    if (line == NULL) {
        PyErr_Format(PyExc_SystemError, "the Go side described a mapping as %R", text);
        return NULL;
    }
    return line + 1;
}

static bool
invalid(PyObject *text)
{
    PyErr_Format(PyExc_SystemError, "the Go side described an invalid mapping: %R", text);
    return false;
}

bool
parse_published(PyObject *text, struct published *p)
{
    struct geometry *g = &p->geometry;
    uint64_t header, size, page0, pool, pool_size;
    int tag, pooled;
    const char *numbers = PyUnicode_AsUTF8(text);
    if (numbers == NULL) {
        return false;
    }
    int scanned = sscanf(numbers,
                         "%" SCNu64 " %" SCNu64 " %" SCNu64 " " RING " %ld %d %d %" SCNu64 " %" SCNu64 " %" SCNu64
                         " " CHUNKS " %d",
                         &header, &size, &page0, &g->first, &g->stride, &g->slots, &p->replaced, &tag, &pooled,
                         &g->elem_size, &pool, &pool_size, &g->chunks_offset, &g->chunk_stride, &g->chunks, &g->views,
                         &g->loans, &p->carried);
    p->type_line = type_line(text, scanned, 18);
    if (p->type_line == NULL) {
        return false;
    }
    p->mapping = (struct mapping){.base = (void *)(uintptr_t)header, .size = size, .fd = -1};
    p->page0 = (void *)(uintptr_t)page0;
    p->pool = (void *)(uintptr_t)pool;
    p->pool_size = pool_size;
    p->tag = (enum shm_type)tag;
    return (mapping_is_sound(&p->mapping, g) && mapping_is_page0(p->page0) && (g->chunks > 0) == pooled &&
            mapping_has_chunks(p->pool, p->pool_size, g)) ||
           invalid(text);
}

bool
parse_found(PyObject *text, struct found *f)
{
    struct geometry *g = &f->geometry;
    uint64_t header, size;
    int tag, pooled;
    const char *numbers = PyUnicode_AsUTF8(text);
    if (numbers == NULL) {
        return false;
    }
    int scanned = sscanf(numbers, "%" SCNu64 " %" SCNu64 " " RING " %d %d %d %d %ld %ld %d %d %" SCNu64 " " CHUNKS,
                         &header, &size, &g->first, &g->stride, &g->slots, &f->mapping.fd, &f->retain, &f->bridged,
                         &f->dead, &f->pid, &f->depth, &tag, &pooled, &g->elem_size, &g->chunks_offset, &g->chunk_stride,
                         &g->chunks, &g->views, &g->loans);
    f->type_line = type_line(text, scanned, 19);
    if (f->type_line == NULL) {
        return false;
    }
    const char *end = strchr(f->type_line, '\n');
    f->descriptor = end == NULL ? NULL : end + 1;
    f->mapping.base = (void *)(uintptr_t)header;
    f->mapping.size = size;
    f->tag = (enum shm_type)tag;
    return (mapping_is_sound(&f->mapping, g) && (g->chunks > 0) == pooled && mapping_holds_chunks(&f->mapping, g)) ||
           invalid(text);
}
