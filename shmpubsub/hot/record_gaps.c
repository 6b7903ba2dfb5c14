#include "record_gaps.h"

#define BLOCK 16384 /* bytes of records that are gone through for one gap after the other */

/* A constant size becomes one or two stores. */
#define CLEAR_EACH(size)                                                                                              \
    for (size_t i = 0; i < n; i++, at += stride) {                                                                    \
        memset(at, 0, (size));                                                                                        \
    }                                                                                                                 \
    break

static void
clear_gap(char *at, size_t size, size_t stride, size_t n)
{
    switch (size) {
    case 1:
        CLEAR_EACH(1);
    case 2:
        CLEAR_EACH(2);
    case 3:
        CLEAR_EACH(3);
    case 4:
        CLEAR_EACH(4);
    case 5:
        CLEAR_EACH(5);
    case 6:
        CLEAR_EACH(6);
    case 7:
        CLEAR_EACH(7);
    default:
        CLEAR_EACH(size);
    }
}

/* The gaps of a field's records. */
static void
clear_part(const struct field *f, char *at)
{
    const struct value_type *t = &f->type;
    const Record *part = record_of(t);
    uint64_t steps = t->size / t->row;
    if (t->variable) {
        uint64_t length;
        memcpy(&length, at, sizeof length);
        steps = length < steps ? length : steps;
        at += sizeof length;
    }
    record_clear_gaps(part, at, steps * (t->row / part->size));
}

static void
clear_block(const Record *r, char *records, size_t n)
{
    for (const struct gap *g = r->gaps; g < r->gaps + r->gap_count; g++) {
        clear_gap(records + g->offset, g->size, r->size, n);
    }
    for (const struct field *f = r->fields; f < r->fields + r->n; f++) {
        if (f->type.record != NULL && record_of(&f->type)->padded) {
            for (size_t i = 0; i < n; i++) {
                clear_part(f, records + i * r->size + f->offset);
            }
        }
    }
}

void
record_clear_gaps(const Record *r, char *records, size_t n)
{
    size_t most = r->size < BLOCK ? BLOCK / r->size : 1;
    while (r->padded && n > 0) {
        size_t some = n < most ? n : most;
        clear_block(r, records, some);
        records += some * r->size;
        n -= some;
    }
}
