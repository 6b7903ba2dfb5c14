/* The part of memory layout 3 that this library needs in C. internal/segment/layout.go and
   docs/memory-layout.md have all of it; a Go test compares the three. */
#ifndef SHM_LAYOUT_H
#define SHM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* In the file: page 0 begins with the wait word and the pins; behind a hole, which is never mapped, is the header. */
#define SHM_WAIT_OFFSET 0
#define SHM_PINS_OFFSET 8
#define SHM_HEADER_OFFSET 65536

/* In the header. */
#define SHM_DESC_OFFSET_OFFSET 72
#define SHM_DESC_SIZE_OFFSET 80
#define SHM_CARRIED_TIME_OFFSET 88
#define SHM_META_SIZE_OFFSET 124
#define SHM_HEAD_OFFSET 128
#define SHM_RETIRED_OFFSET 136

/* In a slot. */
#define SHM_SLOT_TIME 8
#define SHM_SLOT_PAYLOAD 16
#define SHM_SLOT_CHUNK 16
#define SHM_SLOT_LENGTH 24

/* Where a value begins in its chunk. */
#define SHM_CHUNK_PAYLOAD 128

/* What the chunks' offset is a multiple of, whatever pages the kernel has under which the file was written. */
#define SHM_SMALLEST_PAGE 4096

#define SHM_MAX_VIEWS 500
#define SHM_MAX_METADATA 65536 /* bytes */
#define SHM_MAX_SIZE 1099511627776 /* bytes of one value */
#define SHM_INLINE_LIMIT 256 /* bytes that a reader takes from a slot */

/* Subscribers notice a killed publisher within this time, ns. */
#define SHM_DETECTION_TIME 100000000

/* The type tag of a topic's values. */
enum shm_type {
    SHM_BOOL = 1,
    SHM_INT = 2,
    SHM_FLOAT = 3,
    SHM_ARRAY = 4,
    SHM_RECORD = 5,
    SHM_BYTES = 6,
    SHM_TEXT = 7,
    SHM_LIST = 8,
    SHM_SCALAR = 9, /* one element of another type than the first three */
};

/* On a cache line of its own. */
struct ring_head {
    uint64_t head;    /* number of values published */
    uint32_t retired; /* 1: the name no longer points at this file */
};

struct ring_slot {
    uint64_t sequence; /* 2k-1: value k is being written; 2k: it is complete */
    uint64_t time;     /* of measurement or publication, CLOCK_MONOTONIC, ns */
    uint64_t payload[1];
};

/* Of a topic whose values are in chunks. */
struct pooled_slot {
    uint64_t sequence, time; /* as above */
    uint32_t chunk, unused;
    uint64_t length; /* bytes of the value */
};

_Static_assert(SHM_CARRIED_TIME_OFFSET % 8 == 0 && SHM_CARRIED_TIME_OFFSET + 8 <= SHM_HEAD_OFFSET, "in the header");
_Static_assert(SHM_HEAD_OFFSET % 64 == 0, "head begins a cache line");
_Static_assert(offsetof(struct ring_head, retired) == SHM_RETIRED_OFFSET - SHM_HEAD_OFFSET, "ring_head");
_Static_assert(offsetof(struct ring_slot, time) == SHM_SLOT_TIME, "ring_slot");
_Static_assert(offsetof(struct ring_slot, payload) == SHM_SLOT_PAYLOAD, "ring_slot");
_Static_assert(offsetof(struct pooled_slot, chunk) == SHM_SLOT_CHUNK, "pooled_slot");
_Static_assert(offsetof(struct pooled_slot, length) == SHM_SLOT_LENGTH, "pooled_slot");
_Static_assert(SHM_PINS_OFFSET + 8 * (SHM_MAX_VIEWS + 1) <= SHM_SMALLEST_PAGE, "the pins fit into the smallest page");
_Static_assert(sizeof(double) == 8 && sizeof(void *) == 8, "64-bit only");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian only");

#endif
