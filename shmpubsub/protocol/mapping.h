/* A mapping of a topic's file, as Go hands it over. */
#ifndef SHM_MAPPING_H
#define SHM_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
    void *base; /* NULL: none */
    size_t size;
    int fd; /* -1: none */
};

/* Whether this is mapped memory of that size that contains the ring, and the descriptor's file, if there is one, is
   no shorter. */
bool mapping_is_sound(const struct mapping *m, uint64_t first, uint64_t stride, uint64_t slots);

#endif
