#include "metadata.h"

#include <string.h>

#include "attachment.h"

static uint64_t
header_u64(const unsigned char *header, size_t at)
{
    uint64_t v;
    memcpy(&v, header + at, sizeof v);
    return v;
}

PyObject *
metadata_get(Subscriber *s, PyObject *Py_UNUSED(ignored))
{
    int ready = attachment_ready(s);
    if (ready <= 0) {
        return ready < 0 ? NULL : Py_NewRef(Py_None);
    }
    const struct mapping *m = &s->cursor.present.file->mapping;
    const unsigned char *header = m->base;
    uint32_t n;
    memcpy(&n, header + SHM_META_SIZE_OFFSET, sizeof n);
    /* Go has checked these, but the file may have been written to since. */
    uint64_t descriptor = header_u64(header, SHM_DESC_OFFSET_OFFSET) - SHM_HEADER_OFFSET;
    uint64_t size = header_u64(header, SHM_DESC_SIZE_OFFSET);
    if (n == 0 || descriptor > m->size || size > m->size - descriptor || n > m->size - descriptor - size) {
        return Py_NewRef(Py_None);
    }
    n = n <= SHM_MAX_METADATA ? n : SHM_MAX_METADATA + 1;
    return PyBytes_FromStringAndSize((const char *)header + descriptor + size, n);
}
