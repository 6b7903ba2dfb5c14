#include "image.h"

#include "source_copy.h"

#define PIECES 8
#define ROOM 2048
#define ALIGNMENT 16

/* Bytes side by side. */
struct piece {
    size_t offset, size; /* in the record */
    size_t at;           /* in the image's own memory, if it is not an array */
    const struct value_type *type; /* of an array; NULL: none */
    struct source source;
};

struct image {
    char *memory;
    size_t used, room;
    struct piece *pieces;
    size_t count, places;
    struct piece first_pieces[PIECES];
    _Alignas(ALIGNMENT) char first[ROOM];
};

struct image *
image_new(void)
{
    struct image *i = PyMem_RawMalloc(sizeof *i);
    if (i == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    i->memory = i->first;
    i->room = ROOM;
    i->pieces = i->first_pieces;
    i->places = PIECES;
    i->used = i->count = 0;
    return i;
}

/* Doubles memory that began as `first`, until it has so many bytes. Returns NULL with an error set. */
static void *
grow(void *memory, void *first, size_t *room, size_t used, size_t wanted)
{
    size_t size = *room;
    while (size < wanted) {
        size *= 2;
    }
    void *grown = memory == first ? PyMem_RawMalloc(size) : PyMem_RawRealloc(memory, size);
    if (grown == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (memory == first) {
        memcpy(grown, first, used);
    }
    *room = size;
    return grown;
}

static struct piece *
add_piece(struct image *i)
{
    if (i->count == i->places) {
        size_t room = i->places * sizeof *i->pieces;
        void *grown = grow(i->pieces, i->first_pieces, &room, room, room + 1);
        if (grown == NULL) {
            return NULL;
        }
        i->pieces = grown;
        i->places = room / sizeof *i->pieces;
    }
    return &i->pieces[i->count++];
}

/* The piece that the bytes from offset on can be part of. */
static struct piece *
piece_before(struct image *i, size_t offset)
{
    struct piece *last = i->count > 0 ? &i->pieces[i->count - 1] : NULL;
    bool near = last != NULL && last->type == NULL && offset >= last->offset + last->size &&
                offset - (last->offset + last->size) <= 64;
    return near ? last : NULL;
}

char *
image_room(struct image *i, size_t offset, size_t size)
{
    struct piece *p = piece_before(i, offset);
    /* In front of the bytes: what is between them and the last ones, or what keeps them aligned as in the record. */
    size_t before = p == NULL ? (offset - i->used) % ALIGNMENT : offset - (p->offset + p->size), more = before + size;
    if (more > i->room - i->used) {
        char *grown = grow(i->memory, i->first, &i->room, i->used, i->used + more);
        if (grown == NULL) {
            return NULL;
        }
        i->memory = grown;
    }
    if (p == NULL) {
        p = add_piece(i);
        if (p == NULL) {
            return NULL;
        }
        p->offset = offset;
        p->size = 0;
        p->at = i->used + before;
        p->type = NULL;
        more -= before;
        i->used += before;
    }
    memset(i->memory + i->used, 0, more);
    i->used += more;
    p->size += more;
    return i->memory + i->used - size;
}

char *
image_again(struct image *i, size_t offset)
{
    struct piece *p = &i->pieces[i->count - 1];
    while (p->type != NULL || offset < p->offset || offset >= p->offset + p->size) {
        p--;
    }
    return i->memory + p->at + (offset - p->offset);
}

int
image_array(struct image *i, size_t offset, const struct source *s, const struct value_type *t)
{
    struct piece *p = add_piece(i);
    if (p == NULL) {
        return -1;
    }
    p->offset = offset;
    p->size = s->length;
    p->type = t;
    p->source = *s; /* an array's does not point to itself */
    return 0;
}

int
image_copy(struct image *i, char *to)
{
    for (size_t n = 0; n < i->count; n++) {
        struct piece *p = &i->pieces[n];
        char *place = to + p->offset;
        if (p->type == NULL) {
            memcpy(place, i->memory + p->at, p->size);
        }
        else if (p->source.from.data != place && source_copy(&p->source, p->type, place) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The lowest and the highest byte of an array. */
static void
range_of(const struct piece *p, const char **low, const char **high)
{
    const struct strided *from = &p->source.from;
    *low = *high = from->data;
    for (int i = 0; i < from->ndim; i++) {
        Py_ssize_t reach = (from->shape[i] - 1) * from->strides[i];
        *(reach < 0 ? low : high) += reach;
    }
    *high += from->ndim == 0 ? p->size : from->itemsize;
}

int
image_detach(struct image *i, const char *memory, size_t size)
{
    for (size_t n = 0; n < i->count; n++) {
        struct piece *p = &i->pieces[n];
        const char *low, *high;
        if (p->type == NULL || p->size == 0) {
            continue;
        }
        range_of(p, &low, &high);
        bool apart = high <= memory || low >= memory + size;
        bool there = p->source.from.ndim == 0 && p->source.from.data == memory + p->offset;
        if (apart || there) {
            continue;
        }
        char *copy = PyMem_RawMalloc(p->size);
        if (copy == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (source_copy(&p->source, p->type, copy) < 0) {
            PyMem_RawFree(copy);
            return -1;
        }
        PyMem_RawFree(p->source.made); /* the shape and the strides */
        p->source.made = copy;
        p->source.array = NULL;
        p->source.from = (struct strided){copy, 0, NULL, NULL, p->source.from.itemsize};
    }
    return 0;
}

void
image_free(struct image *i)
{
    for (size_t n = 0; n < i->count; n++) {
        if (i->pieces[n].type != NULL) {
            fit_release(&i->pieces[n].source);
        }
    }
    if (i->pieces != i->first_pieces) {
        PyMem_RawFree(i->pieces);
    }
    if (i->memory != i->first) {
        PyMem_RawFree(i->memory);
    }
    PyMem_RawFree(i);
}
