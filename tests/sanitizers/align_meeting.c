/* protocol/align.c, unchanged: a search and a fast publisher meet at every step of the search, without threads and so
   without chance.

   The slow topic has one value. The fast one keeps two, of which the first is in a set with it. Before each load of the
   search, in turn, the fast topic gets more values, which overwrite those. A set that is found must be within the
   tolerance, whatever has happened; and if all values of the fast topic are within it of the slow one's, the search must
   not say that there is none. ring_search meets the publisher in the same way, and must find a value.

   Prints "N meetings, L lapped". */
static void before_load(void);

#define __atomic_load_n(address, order) (before_load(), __atomic_load_n(address, order))

#include "align.c"

#include <stdio.h>
#include <stdlib.h>

#define FAIL(...) (fprintf(stderr, "stress: " __VA_ARGS__), fputc('\n', stderr), exit(1))
#define SLOT_0 256 /* from the header on, with which the memory begins */
#define STRIDE 32
#define TOLERANCE 100
#define SLOW 1000 /* the time of the slow topic's value */
#define MOST_LOADS 60 /* of a search */
#define MOST_VALUES 4

static struct ring writer;
static long loads_left = -1, values; /* loads_left -1: they do not count */
static uint64_t latest;

static void
publish(uint64_t time)
{
    latest = time;
    ring_write(&writer, 1, time);
}

static void
before_load(void)
{
    if (loads_left < 0 || loads_left-- > 0) {
        return;
    }
    for (long i = 0; i < values; i++) {
        publish(latest + 1);
    }
}

static struct ring
new_ring(uint64_t count)
{
    void *memory = calloc(1, SLOT_0 + count * STRIDE);
    if (memory == NULL) {
        FAIL("no memory");
    }
    return ring_at(memory, SHM_HEADER_OFFSET + SLOT_0, STRIDE, count);
}

static void
free_ring(struct ring r)
{
    free(r.slots - SLOT_0);
}

/* second: the time of the fast topic's second value. Returns whether the search says that it was lapped. */
static bool
meet(long at, uint64_t second)
{
    struct ring slow = new_ring(2), fast = new_ring(3);
    writer = slow;
    publish(SLOW);
    writer = fast;
    publish(SLOW);
    publish(second);
    struct align_topic topics[2] = {{.ring = slow}, {.ring = fast}};
    align_look(&topics[0], 0, UINT64_MAX);
    align_look(&topics[1], 0, UINT64_MAX);
    long overwritten = -1;
    loads_left = at;
    enum align_found found = align_find(topics, 2, TOLERANCE, &overwritten);
    loads_left = -1;
    if (found == ALIGN_FOUND && align_spread(topics, 2) > TOLERANCE) {
        FAIL("found a set with a spread of %lu after %ld loads", align_spread(topics, 2), at);
    }
    if (found == ALIGN_NONE && second <= SLOW + TOLERANCE) {
        FAIL("found no set after %ld loads, though each value is in one", at);
    }
    if (found == ALIGN_LAPPED && overwritten != 1) {
        FAIL("found that topic %ld was lapped", overwritten);
    }
    free_ring(slow);
    free_ring(fast);
    return found == ALIGN_LAPPED;
}

static void
meet_search(long at)
{
    struct ring fast = new_ring(3);
    writer = fast;
    publish(SLOW);
    publish(SLOW);
    uint64_t k = 0, head = 0;
    loads_left = at;
    enum ring_read found = ring_search(&fast, SLOW, &k, &head);
    loads_left = -1;
    if (found != RING_OK || k == 0 || k > head) {
        FAIL("found value %lu of %lu after %ld loads", k, head, at);
    }
    free_ring(fast);
}

int
main(void)
{
    long meetings = 0, lapped_ones = 0;
    for (long at = 0; at < MOST_LOADS; at++) {
        for (values = 1; values <= MOST_VALUES; values++) {
            lapped_ones += meet(at, SLOW + 1) + meet(at, SLOW + 10 * TOLERANCE);
            meetings += 2;
            meet_search(at);
        }
    }
    printf("%ld meetings, %ld lapped\n", meetings, lapped_ones);
    return 0;
}
