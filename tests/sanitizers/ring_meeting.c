/* protocol/ring.h, unchanged: a reader and a writer meet at every step of both, without threads and so without chance.

   Before each load of the reader, in turn, the writer makes some stores and stops there, even in the middle of a
   value. The value that the reader then returns must be whole, and no older than the newest one when it began. The
   macro NO_ODD_MARK breaks the writer, not the product: that must be found.

   Prints "N meetings". Fences order nothing here: internal/ring/weakmemory_test.go tests them. */
static void before_load(void);
static void before_store(void);

#define __atomic_load_n(address, order) (before_load(), __atomic_load_n(address, order))
#define __atomic_store_n(address, value, order) (before_store(), __atomic_store_n(address, value, order))

#include "stress.h"

#include <setjmp.h>

#define PUBLISHED 3 /* values, before they meet */
#define MOST_LOADS 12 /* of the reader's: by then it has started over as often as it may */

static struct ring writer;
static long loads_left = -1, stores_left = -1; /* -1: they do not count */
static jmp_buf stopped;

static void
before_store(void)
{
    if (stores_left >= 0 && stores_left-- == 0) {
        longjmp(stopped, 1);
    }
}

/* The writer's turn: until it stops, which is at the latest when it has used every slot again. */
static void
before_load(void)
{
    if (loads_left < 0 || loads_left-- > 0) {
        return;
    }
    if (setjmp(stopped) == 0) {
        for (uint64_t values = 2 * writer.count; values > 0; values--) {
            write_value(&writer, writer.k + 1);
        }
    }
    stores_left = -1;
}

static void
check(enum ring_read found, uint64_t k, uint64_t least, uint64_t word, uint64_t time)
{
    if (found != RING_OK) {
        FAIL("found %d, though %lu values were published", found, least);
    }
    if (k < least) {
        FAIL("found value %lu, though %lu were published", k, least);
    }
    if (word != word_of(k) || time != time_of(k)) {
        FAIL("value %lu is torn: word %#lx, time %#lx", k, word, time);
    }
}

static void
meet(uint64_t count, bool newest, long at, long stores)
{
    struct memory m = new_memory(count);
    writer = ring_at(m.writable, FIRST, STRIDE, count);
    for (uint64_t k = 1; k <= PUBLISHED; k++) {
        write_value(&writer, k);
    }
    struct ring reader = ring_at(m.readable, FIRST, STRIDE, count);
    uint64_t word = 0, time = 0, lost = 0;
    if (!newest) {
        (void)ring_seek(&reader, 0);
    }
    loads_left = at;
    stores_left = stores;
    enum ring_read found = newest ? ring_newest(&reader, &word, &time) : ring_next(&reader, &word, &time, &lost);
    loads_left = stores_left = -1;
    check(found, reader.k, newest ? PUBLISHED : 1, word, time);
    if (!newest && lost != reader.k - 1) {
        FAIL("value %lu came first, and %lu were lost", reader.k, lost);
    }
    free_memory(m);
}

int
main(void)
{
    long meetings = 0;
    for (uint64_t count = 2; count <= 4; count++) {
        for (long at = 0; at < MOST_LOADS; at++) {
            for (long stores = 0; stores <= 5 * 2 * (long)count; stores++) {
                meet(count, true, at, stores);
                meet(count, false, at, stores);
                meetings += 2;
            }
        }
    }
    printf("%ld meetings\n", meetings);
    return 0;
}
