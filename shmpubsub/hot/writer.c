#include "writer.h"

#include "../protocol/eventcount.h"
#include "refuse.h"

struct writer *
writer_open(const struct value_type *type, const struct ring *ring, const struct pool *pool, uint64_t mapped,
            uint64_t *table, uint32_t loans)
{
    struct writer *w = PyMem_RawCalloc(1, sizeof *w);
    struct chunk_memory *memory = pool->memory == NULL ? NULL : chunk_memory_open(pool->memory, mapped);
    if (w == NULL || (pool->memory != NULL && (memory == NULL || !chunks_open(&w->chunks, ring, pool, table, loans)))) {
        if (memory != NULL) {
            chunk_memory_release(memory);
        }
        PyMem_RawFree(w);
        PyErr_NoMemory();
        return NULL;
    }
    w->type = *type;
    w->memory = memory;
    w->users = 1;
    return w;
}

void
writer_release(struct writer *w)
{
    if (--w->users > 0) {
        return;
    }
    if (w->memory != NULL) {
        chunks_close(&w->chunks);
        chunk_memory_release(w->memory);
    }
    PyMem_RawFree(w);
}

/* Waits until a publication of another thread has ended, or for a signal. Returns 0, or -1 if its handler raised. */
static int
wait_for_filled(struct writer *w)
{
    uint32_t filled = w->filled; /* read under the GIL: an end from here on changes what the futex looks at */
    w->waiting++;
    Py_BEGIN_ALLOW_THREADS
    syscall(SYS_futex, &w->filled, FUTEX_WAIT_PRIVATE, filled, NULL, NULL, 0);
    Py_END_ALLOW_THREADS
    w->waiting--;
    return PyErr_CheckSignals();
}

bool
writer_take(Publisher *p, struct writer *w, uint32_t *chunk, PyObject **refused)
{
    while (!chunks_take(&w->chunks, &p->ring, chunk)) {
        if (w->filling == 0) {
            *refused = refuse_loan(p);
            return false;
        }
        if (wait_for_filled(w) < 0) {
            *refused = NULL;
            return false;
        }
        if (!writer_is_open(p, w)) {
            *refused = refuse_publisher(p);
            return false;
        }
    }
    return true;
}

void
writer_end_filling(struct writer *w)
{
    w->filling--;
    __atomic_fetch_add(&w->filled, 1, __ATOMIC_SEQ_CST);
    if (__builtin_expect(w->waiting > 0, 0)) {
        syscall(SYS_futex, &w->filled, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    }
}

void
writer_publish(Publisher *p, struct writer *w, uint32_t chunk, uint64_t length, uint64_t now, bool last)
{
    if (last) {
        chunks_publish(&w->chunks, &p->ring, chunk, length, now);
        eventcount_notify(p->wait);
    }
    else {
        chunks_publish_early(&w->chunks, &p->ring, chunk, length, now);
    }
}

void
writer_publish_words(Publisher *p, struct writer *w, const uint64_t *words, uint64_t now, bool last)
{
    size_t count = (w->type.size + 7) / 8;
    if (last) {
        ring_write_words(&p->ring, words, count, now);
        eventcount_notify(p->wait);
    }
    else {
        ring_write_words_early(&p->ring, words, count, now);
    }
}
