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
    w->type = *type; /* with its Record */
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
    PyObject *record = w->type.record;
    PyMem_RawFree(w);
    Py_XDECREF(record);
}

/* Sleeps until others have changed a word, which they do under the GIL, or for a signal. */
static void
sleep_on(uint32_t *word, uint32_t *sleepers)
{
    uint32_t seen = *word;
    ++*sleepers;
    Py_BEGIN_ALLOW_THREADS
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    Py_END_ALLOW_THREADS
    --*sleepers;
}

static void
change(uint32_t *word, uint32_t sleepers)
{
    __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
    if (__builtin_expect(sleepers > 0, 0)) {
        syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    }
}

/* Whether to go on after a sleep: no handler of a signal raised, and p is open. */
static bool
goes_on(Publisher *p, struct writer *w, PyObject **refused)
{
    *refused = NULL;
    if (PyErr_CheckSignals() < 0) {
        return false;
    }
    if (!writer_is_open(p, w)) {
        *refused = refuse_publisher(p);
        return false;
    }
    return true;
}

bool
writer_take(Publisher *p, struct writer *w, uint32_t *chunk, PyObject **refused)
{
    /* A thread that publishes all the time would have the chunk again before those that it has woken have the GIL: it
       lets one of them try first. That one has woken, or will, as it sleeps only while a chunk is filled. */
    if (w->waiting > 0) {
        sleep_on(&w->tried, &w->behind);
        if (!goes_on(p, w, refused)) {
            return false;
        }
    }
    bool taken = chunks_take(&w->chunks, &p->ring, chunk);
    while (!taken) {
        if (w->filling == 0) {
            *refused = refuse_loan(p);
            return false;
        }
        sleep_on(&w->filled, &w->waiting);
        taken = writer_is_open(p, w) && chunks_take(&w->chunks, &p->ring, chunk);
        change(&w->tried, w->behind); /* before any handler of a signal: it may publish, too */
        if (!taken && !goes_on(p, w, refused)) {
            return false;
        }
    }
    return true;
}

void
writer_end_filling(struct writer *w)
{
    w->filling--;
    change(&w->filled, w->waiting);
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
