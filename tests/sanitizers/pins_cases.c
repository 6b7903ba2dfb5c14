/* chunks.c, payload.c and cursor.c in what happens seldom: pins_cases FOLDER CASE. test_pins.py runs all. */
#define _GNU_SOURCE
#include "cursor.h"
#include "pool_case.h"

static void
entries_run_out(void)
{
    struct payload a = newest(PAYLOAD_VIEW), b = newest(PAYLOAD_VIEW), c = newest(PAYLOAD_VIEW);
    CHECK(payload_is_kept(&a) && payload_is_kept(&b) && !payload_is_kept(&c));
    CHECK(copies(&c));
    struct payload d = newest(PAYLOAD_COPY), e = newest(PAYLOAD_COPY);
    CHECK(payload_is_kept(&d) && !payload_is_kept(&e));
    payload_release(&a);
    payload_release(&a);
    struct payload f = newest(PAYLOAD_VIEW);
    CHECK(payload_is_kept(&f));
    payload_release(&b), payload_release(&c), payload_release(&d), payload_release(&e), payload_release(&f);
    CHECK(pool_file_entries(&made) == 0);
}

static void
the_writer_never_fails(void)
{
    struct payload held[VIEWS + 1];
    for (unsigned i = 0; i <= VIEWS; i++) {
        publish();
        held[i] = newest(i < VIEWS ? PAYLOAD_VIEW : PAYLOAD_COPY);
        CHECK(payload_is_kept(&held[i]));
    }
    for (int i = 0; i < 100; i++) {
        publish();
        for (unsigned j = 0; j <= VIEWS; j++) {
            CHECK(copies(&held[j]));
        }
        for (uint64_t k = writer.k - DEPTH + 1; k <= writer.k; k++) {
            struct payload p;
            payload_init(&p);
            CHECK(payload_at(&reader, file, made.path, PAYLOAD_VIEW, &p, k) == RING_OK && copies(&p));
            payload_release(&p);
        }
    }
    for (unsigned j = 0; j <= VIEWS; j++) {
        payload_release(&held[j]);
    }
    uint32_t one, another;
    CHECK(chunks_take(&chunks, &writer, &one) && !chunks_take(&chunks, &writer, &another));
    chunks_drop(&chunks, one);
    CHECK(chunks_take(&chunks, &writer, &another) && another == one); /* last in, first out */
}

static void
a_carried_over_value_keeps_its_chunk(void)
{
    struct chunks next;
    struct ring r;
    struct payload p = newest(PAYLOAD_VIEW);
    pool_file_write(&made, &next, &r);
    CHECK(r.k == writer.k && next.idle_count == made.geometry.chunks - 1);
    for (uint32_t i = 0; i < next.idle_count; i++) {
        CHECK(next.idle[i] != chunks.of_slot[1]);
    }
    chunks_close(&next);
    payload_release(&p);
}

static void
an_unpinned_copy_is_lapped(void)
{
    struct cursor c = {0};
    file->pins.unwritable = true;
    file->users++;
    cursor_enter(&c, file, &reader);
    struct payload p;
    payload_init(&p);
    for (unsigned i = 0; i < DEPTH; i++) {
        publish();
    }
    for (;;) { /* the oldest one, and after each failure one further */
        CHECK(cursor_next_payload(&c, made.path, PAYLOAD_COPY, &p) == RING_OK && !payload_is_kept(&p));
        if (p.k == writer.k) {
            break;
        }
        CHECK(p.k == writer.k - DEPTH + 1 + p.lapped);
        while (writer.k < p.k + DEPTH + 1) {
            publish();
        }
        CHECK(!copies(&p));
        cursor_lapped(&c, &p);
    }
    CHECK(copies(&p) && c.lost == p.k - 1 && p.lapped == DEPTH - 1);
    payload_release(&p);
    CHECK(cursor_next_payload(&c, made.path, PAYLOAD_COPY, &p) == RING_EMPTY);
    cursor_leave(&c);
    cursor_drop(&c);
}

static void
garbage_is_found(void)
{
    struct pooled_slot *s = (struct pooled_slot *)ring_seek(&writer, writer.k);
    struct payload p;
    payload_init(&p);
    uint32_t chunk = s->chunk;
    for (unsigned i = 0; i < 4; i++) {
        s->chunk = i == 0 ? made.geometry.chunks : i == 1 ? UINT32_MAX : chunk;
        s->length = i == 2 ? made.geometry.elem_size + 1 : i == 3 ? UINT64_MAX : 12;
        CHECK(payload_newest(&reader, file, made.path, PAYLOAD_VIEW, &p) == RING_CORRUPT);
        CHECK(payload_at(&reader, file, made.path, PAYLOAD_COPY, &p, writer.k) == RING_CORRUPT);
        CHECK(pool_file_entries(&made) == 0 && file->users == 1);
    }
    s->chunk = chunk, s->length = 12;
    for (uint64_t k = 2; k < 5; k++) {
        CHECK(payload_at(&reader, file, made.path, PAYLOAD_COPY, &p, k) == RING_EMPTY);
    }
    CHECK(payload_at(&reader, file, made.path, PAYLOAD_COPY, &p, 1ull << 63) == RING_EMPTY);
    for (uint32_t i = 0; i <= VIEWS; i++) { /* a hostile table: of no mapping, and of no chunk */
        pool_file_table(&made)[i] = i == 0 ? UINT64_MAX : pool_entry(PINS_BYTES + i, made.geometry.chunks + i);
    }
    for (int i = 0; i < 20; i++) {
        publish();
    }
    others_sweep();
    p = newest(PAYLOAD_COPY);
    CHECK(!payload_is_kept(&p) && copies(&p));
    payload_release(&p);
}

static void
values_in_their_slots(void)
{
    uint64_t stride = SHM_SLOT_PAYLOAD + 128;
    unsigned char *memory = calloc(1, SHM_HEADER_OFFSET + 256 + 4 * stride);
    struct ring r = ring_at(memory, SHM_HEADER_OFFSET + 256, stride, 4), w = r;
    struct topic_file inline_file = {.pool = {.max = 123}};
    struct payload p;
    payload_init(&p);
    uint64_t words[16], lost = 0;
    CHECK(payload_newest(&r, &inline_file, NULL, PAYLOAD_VIEW, &p) == RING_EMPTY);
    for (uint64_t k = 1; k < 10; k++) {
        for (unsigned i = 0; i < 16; i++) {
            words[i] = word_of(k) + i;
        }
        (k % 2 ? ring_write_words : ring_write_words_early)(&w, words, 16, k);
        CHECK(payload_newest(&r, &inline_file, NULL, PAYLOAD_VIEW, &p) == RING_OK && payload_is_kept(&p));
        unsigned char to[124] = {[123] = 0x55};
        CHECK(p.k == k && p.time == k && p.length == 123 && payload_copy(&p, to));
        CHECK(memcmp(to, words, 123) == 0 && to[123] == 0x55);
        payload_release(&p);
    }
    (void)ring_seek(&r, 0);
    CHECK(payload_next(&r, &inline_file, NULL, PAYLOAD_COPY, &p, &lost) == RING_OK && p.k == 7 && lost == 6);
    CHECK(payload_at(&r, &inline_file, NULL, PAYLOAD_COPY, &p, 8) == RING_OK && p.k == 8 && r.k == 7);
    free(memory);
}

static const struct pool_case cases[] = {
    CASE(entries_run_out),
    CASE(the_writer_never_fails),
    CASE(a_carried_over_value_keeps_its_chunk),
    CASE(an_unpinned_copy_is_lapped),
    CASE(garbage_is_found),
    CASE(values_in_their_slots),
};

int
main(int argc, char **argv)
{
    return run_case(argc, argv, cases, sizeof cases / sizeof *cases);
}
