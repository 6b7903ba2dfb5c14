/* Buffers of values of exactly the topic's type: array.array, numpy arrays, memoryviews. */
#ifndef SHM_BUFFER_H
#define SHM_BUFFER_H

#include "hot.h"

/* Whether the buffer has one dimension and items of that type. */
static inline bool
buffer_fits(enum shm_type type, const Py_buffer *view)
{
    const char *format = view->format == NULL ? "B" : view->format;
    if (*format == '@' || *format == '=' || *format == '<') { /* this machine's order: little-endian */
        format++;
    }
    if (*format == '\0' || format[1] != '\0' || view->ndim != 1) {
        return false;
    }
    switch (type) {
    case SHM_BOOL:
        return *format == '?' && view->itemsize == 1;
    case SHM_INT:
        return (*format == 'q' || *format == 'l' || *format == 'n') && view->itemsize == 8;
    case SHM_FLOAT:
        return *format == 'd' && view->itemsize == 8;
    default:
        return false;
    }
}

static inline uint64_t
buffer_word(enum shm_type type, const char *item)
{
    uint64_t word;
    if (type == SHM_BOOL) {
        return *item != 0;
    }
    memcpy(&word, item, sizeof word);
    return word;
}

static inline void
buffer_put(enum shm_type type, char *item, uint64_t word)
{
    if (type == SHM_BOOL) {
        *item = (word & 0xff) != 0;
        return;
    }
    memcpy(item, &word, sizeof word);
}

#endif
