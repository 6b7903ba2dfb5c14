/* protocol/ring.h, unchanged, under real threads and without Python: built plainly and with sanitizers by test_ring.py.

       ring_stress heap|mapped VALUES

   Three parts, each in fresh rings of few slots, so that the writer often laps the readers:
   storm     one writer at full speed, readers at full speed; now and then the writer dies in the
             middle of a value and another goes on with ring_at. No value is torn or goes backwards,
             and none is older than the newest one when the read began. One of the readers searches by time:
             it finds the first value at an instant, or what comes behind those that were overwritten.
   stream    the same writer, with batches, and readers of every value: in order, and received plus
             lost equals published.
   garbage   ring_newest, ring_next and ring_search in memory of any content end, and stay within it. */
#include "stress.h"

static uint64_t values;

/* Reads the newest value, which must be at least number `least`, and returns its number. */
static uint64_t
read_value(struct ring *r, uint64_t least)
{
    uint64_t word = 0, time = 0;
    switch (ring_newest(r, &word, &time)) {
    case RING_CORRUPT:
        FAIL("found garbage after value %lu", least);
    case RING_EMPTY:
        if (least > 0) {
            FAIL("found nothing after value %lu", least);
        }
        return 0;
    case RING_OK:
        break;
    }
    if (r->k < least) {
        FAIL("went back from value %lu to %lu", least, r->k);
    }
    if (word != word_of(r->k) || time != time_of(r->k)) {
        FAIL("value %lu is torn: word %#lx, time %#lx", r->k, word, time);
    }
    return r->k;
}

/* Storm. */

static void *
storm_reader(void *argument)
{
    const struct memory *m = argument;
    struct ring r = ring_at(m->readable, FIRST, STRIDE, m->count);
    uint64_t last = 0;
    while (last < values) {
        uint64_t published = ring_published(&r);
        uint64_t k = read_value(&r, published > last ? published : last);
        last = k;
    }
    return NULL;
}

static void *
search_reader(void *argument)
{
    const struct memory *m = argument;
    struct ring r = ring_at(m->readable, FIRST, STRIDE, m->count);
    uint64_t capacity = m->count - 1, head = 0, x = 88172645463325252u;
    while (head < values) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t near = ring_published(&r) + x % (2 * capacity + 3), back = near > capacity ? near - capacity : 1, k = 0;
        uint64_t t = time_of(back) + x / 2 % 3 - 1, first = t % 1000 > 7 ? back / 2 * 2 + 2 : back / 2 * 2;
        switch (ring_search(&r, t, &k, &head)) {
        case RING_CORRUPT:
            FAIL("found garbage at head %lu", head);
        case RING_EMPTY:
            if (head > 0 || k != 1) {
                FAIL("found nothing at head %lu: %lu", head, k);
            }
            continue;
        case RING_OK:
            break;
        }
        first = first == 0 ? 1 : first;
        if (k < first ? k <= head : first <= head && first < k && ring_published(&r) < k - 1 + capacity) {
            FAIL("at head %lu the first value at %lu is %lu, not %lu", head, t, first, k);
        }
    }
    return NULL;
}

/* One writer's life: from where the last one stopped until it dies, in the middle of a value. */
static void *
storm_writer(void *argument)
{
    const struct memory *m = argument;
    struct ring r = ring_at(m->writable, FIRST, STRIDE, m->count);
    uint64_t until = r.k + values / 16;
    for (uint64_t k = r.k + 1; k <= until && k <= values; k++) {
        if (k % 5 == 0 && k < until && k < values) {
            ring_write_early(&r, word_of(k), time_of(k));
        }
        else {
            write_value(&r, k);
        }
    }
    if (r.k < values) {
        struct ring_slot *s = ring_seek(&r, r.k + 1);
        __atomic_store_n(&s->sequence, 2 * r.k - 1, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        __atomic_store_n(&s->payload[0], 0xdead, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void
with_readers(uint64_t count, void *(*reader)(void *), void *(*last)(void *))
{
    struct memory m = new_memory(count);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = start(i < READERS - 1 ? reader : last, &m);
    }
    struct ring r = ring_at(m.readable, FIRST, STRIDE, count);
    while (ring_published(&r) < values) {
        pthread_join(start(storm_writer, &m), NULL);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    free_memory(m);
}

/* Stream. */

static void *
stream_reader(void *argument)
{
    const struct memory *m = argument;
    struct ring r = ring_at(m->readable, FIRST, STRIDE, m->count);
    (void)ring_seek(&r, 0);
    uint64_t received = 0, lost = 0;
    while (r.k < values) {
        uint64_t word = 0, time = 0, taken = r.k;
#ifdef NO_LOST
        lost = 0;
#endif
        switch (ring_next(&r, &word, &time, &lost)) {
        case RING_CORRUPT:
            FAIL("found garbage after value %lu", taken);
        case RING_EMPTY:
            if (r.k != taken) {
                FAIL("found nothing, and moved from %lu to %lu", taken, r.k);
            }
            continue;
        case RING_OK:
            received++;
            break;
        }
        if (r.k <= taken) {
            FAIL("went back from value %lu to %lu", taken, r.k);
        }
        if (word != word_of(r.k) || time != time_of(r.k)) {
            FAIL("value %lu is torn: word %#lx, time %#lx", r.k, word, time);
        }
        if (received + lost != r.k) {
            FAIL("after value %lu: received %lu and lost %lu", r.k, received, lost);
        }
    }
    return NULL;
}

/* Garbage. */

static void
garbage(uint64_t count)
{
    static uint64_t x = 88172645463325252u; /* xorshift64 */
    struct memory m = new_memory(count);
    for (int i = 0; i < 300; i++) {
        for (size_t at = SLOT_0; at + 8 <= m.size; at += 8) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            uint64_t few = x >> 60, any = x >> (x % 3 * 20);
            memcpy(m.writable + at, x & 64 ? &few : &any, 8);
        }
        struct ring r = ring_at(m.readable, FIRST, STRIDE, count);
        uint64_t head = x >> (x % 5 * 13);
        memcpy(m.writable + SHM_HEAD_OFFSET, &head, 8);
        uint64_t sequence, word, time = x;
        memcpy(&sequence, m.readable + SLOT_0 + head % count * STRIDE, 8);
        uint64_t lost = 0;
        (void)ring_seek(&r, x % 7);
        (void)ring_next(&r, &word, &time, &lost);
        uint64_t k = 0, seen = 0;
        enum ring_read searched = ring_search(&r, time, &k, &seen);
        if (seen != head || (searched == RING_CORRUPT) != (head >= RING_HEAD_LIMIT) ||
            (searched == RING_OK && (k < ring_oldest(&r, head) || k > head + 1))) {
            FAIL("garbage: head %lu, found value %lu: %d", head, k, searched);
        }
        enum ring_read found = ring_newest(&r, &word, &time);
        enum ring_read want = head == 0                                       ? RING_EMPTY
                              : head < RING_HEAD_LIMIT && sequence == 2 * head ? RING_OK
                                                                               : RING_CORRUPT;
        if (found != want) {
            FAIL("garbage: head %lu, sequence %lu: %d, not %d", head, sequence, found, want);
        }
    }
    free_memory(m);
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        FAIL("usage: ring_stress heap|mapped VALUES");
    }
    mapped = strcmp(argv[1], "mapped") == 0;
    values = strtoull(argv[2], NULL, 10);
    for (uint64_t count = 2; count <= 4; count++) {
        garbage(count);
        with_readers(count, storm_reader, search_reader);
        with_readers(count, stream_reader, stream_reader);
    }
    printf("%lu values\n", 6 * values);
    return 0;
}
