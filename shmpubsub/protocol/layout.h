/* The memory layout, version 1, as the hot path needs it. The whole of it stands in
   internal/segment/layout.go and docs/memory-layout.md; a Go test holds these numbers to those. */
#ifndef SHM_LAYOUT_H
#define SHM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define SHM_WAIT_OFFSET 0
#define SHM_CARRIED_TIME_OFFSET 4184
#define SHM_HEAD_OFFSET 4224
#define SHM_RETIRED_OFFSET 4232
#define SHM_SLOT_TIME 8
#define SHM_SLOT_PAYLOAD 16

/* A killed publisher shows within this, ns. How often to look, here and in Go, follows from it. */
#define SHM_DEATH_SHOWS 100000000

/* On a cache line of its own. */
struct shm_state {
    uint64_t head;    /* values published so far */
    uint32_t retired; /* 1: the name no longer points at this file */
};

struct shm_slot {
    uint64_t sequence; /* 2k-1: value k is being written; 2k: it is there */
    uint64_t time;     /* of publication, CLOCK_MONOTONIC, ns */
    uint64_t payload[1];
};

_Static_assert(SHM_CARRIED_TIME_OFFSET % 8 == 0 && SHM_CARRIED_TIME_OFFSET + 8 <= SHM_HEAD_OFFSET, "of the header");
_Static_assert(SHM_HEAD_OFFSET % 64 == 0, "head begins a cache line");
_Static_assert(offsetof(struct shm_state, retired) == SHM_RETIRED_OFFSET - SHM_HEAD_OFFSET, "state");
_Static_assert(offsetof(struct shm_slot, time) == SHM_SLOT_TIME, "slot");
_Static_assert(offsetof(struct shm_slot, payload) == SHM_SLOT_PAYLOAD, "slot");
_Static_assert(sizeof(double) == 8 && sizeof(void *) == 8, "64-bit only");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian only");

#endif
