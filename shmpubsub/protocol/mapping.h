/* A mapping of a topic's file, as Go hands it over. */
#ifndef SHM_MAPPING_H
#define SHM_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geometry.h"

struct mapping {
    void *base;  /* where the header is: of the file's offset SHM_HEADER_OFFSET; NULL: none */
    size_t size; /* bytes from there */
    int fd;      /* -1: none */
};

/* Whether this is mapped memory of that size that contains the ring, and the descriptor's file, if there is one, is
   no shorter. */
bool mapping_is_sound(const struct mapping *m, const struct geometry *g);

/* Whether page 0 is mapped there. */
bool mapping_is_page0(void *page0);

/* Whether size bytes from pool, which is where chunk 0 is, are mapped and contain the chunks; if there are none, whether
   there is no pool. */
bool mapping_has_chunks(void *pool, size_t size, const struct geometry *g);

/* Whether the chunks, if there are any, are in a sound mapping. */
bool mapping_holds_chunks(const struct mapping *m, const struct geometry *g);

#endif
