/* The memory of a loan, as the object that every array made from it refers to. */
#ifndef SHM_LOAN_MEMORY_H
#define SHM_LOAN_MEMORY_H

#include "exported.h"
#include "writer.h"

typedef struct LoanMemory {
    PyObject_VAR_HEAD /* the number of axes: 2 * ndim for a memoryview, 0 for numpy */
    struct writer *writer; /* held, and with it the mapping */
    void *data;
    size_t length;            /* bytes */
    uint32_t chunk;           /* CHUNKS_NONE: published, or data is private memory of an inline topic */
    Py_ssize_t exports;       /* buffers in use */
    struct exported exported; /* .data NULL: no more buffers */
    Py_ssize_t axes[];
} LoanMemory;

extern PyTypeObject *loan_memory_type;

int loan_memory_init(void);

/* Memory of n steps of the first axis: in a chunk that was taken, or private if chunk is CHUNKS_NONE. The chunk is given
   back with it unless it is published, and on failure: NULL with an error set. */
LoanMemory *loan_memory_new(struct writer *w, uint32_t chunk, Py_ssize_t n, bool numpy);

/* A numpy array at data in it, with the hidden one as its base that all arrays made from it have too. */
PyObject *loan_memory_array(LoanMemory *m, const struct value_type *t, const Py_ssize_t *shape, void *data);

/* A memoryview of it. */
PyObject *loan_memory_view(LoanMemory *m);

/* Ends the writing through what was made: an array, a tuple of arrays, or a memoryview. Returns whether others made
   from these still exist, which may write. Sets no error. */
bool loan_memory_end(LoanMemory *m, PyObject *array);

#endif
