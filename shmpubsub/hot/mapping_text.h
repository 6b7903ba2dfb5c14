/* The texts in which Go describes mappings: bind/mapping.go. */
#ifndef SHM_MAPPING_TEXT_H
#define SHM_MAPPING_TEXT_H

#include "hot.h"

#include "../protocol/geometry.h"
#include "../protocol/mapping.h"

/* What a publisher publishes through. */
struct published {
    struct mapping mapping; /* the ring; Go keeps it */
    void *page0;            /* Go keeps it too */
    struct geometry geometry;
    enum shm_type tag;
    void *pool; /* where chunk 0 is: the caller must unmap it; NULL: values are in their slots */
    size_t pool_size;
    long replaced;         /* a header's pid may exceed an int */
    int carried;           /* a retained value of that process: 0 there was none, 1 it is value 1 now, 2 it is not */
    const char *type_line; /* for value_type_parse, in the text */
};

/* What Go reports of a file that it has opened and mapped. */
struct found {
    struct mapping mapping; /* the caller must unmap and close it */
    struct geometry geometry;
    enum shm_type tag;
    int retain, bridged, dead;
    long pid, depth; /* a header's may exceed an int */
    const char *type_line;
    const char *descriptor; /* JSON, of records only; NULL: none */
};

/* Return false with an error set. */
bool parse_published(PyObject *text, struct published *p);
bool parse_found(PyObject *text, struct found *f);

#endif
