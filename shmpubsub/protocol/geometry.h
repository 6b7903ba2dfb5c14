/* Where a topic's ring and chunks are in its file: numbers of its header, which mapping_is_sound has validated. */
#ifndef SHM_GEOMETRY_H
#define SHM_GEOMETRY_H

#include <stdint.h>

struct geometry {
    uint64_t first;         /* of slot 0, from the file's start */
    uint64_t stride;        /* bytes from one slot to the next */
    uint64_t slots;         /* buffer_num + 1 */
    uint64_t elem_size;     /* the most bytes of a value */
    uint64_t chunks_offset; /* from the file's start; 0, as in all that follows: values are in their slots */
    uint64_t chunk_stride;  /* bytes from one chunk to the next */
    uint32_t chunks;        /* buffer_num + views + 1 + loans */
    uint32_t views;         /* the pin table has one entry more */
    uint32_t loans;
};

#endif
