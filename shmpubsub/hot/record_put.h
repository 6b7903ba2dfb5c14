/* A record as a program has it, converted to the bytes that it will have in shared memory. All of the value's own code
   that runs, runs here. */
#ifndef SHM_RECORD_PUT_H
#define SHM_RECORD_PUT_H

#include "fit.h"
#include "image.h"

struct put {
    char *bytes;         /* where the record goes, cleared; NULL: into the image */
    struct image *image;
    /* What does not fit; NULL: everything does. */
    PyObject *culprit;
    PyObject *path; /* of that field, such as arm.joints[2]; NULL: the value itself */
    bool overflow;
    size_t length; /* TOO_LONG: what it has */
};

/* Whether records of that kind are converted to bytes at once, as they are small. */
static inline bool
record_is_small(const Record *r)
{
    return r->size <= 4096;
}

/* Returns 0, or -1 with an error set. */
int record_put_init(void);

/* Converts a record, to base. If it does not fit, what p says is to be released with put_release. */
enum fit record_put(struct put *u, const Record *r, PyObject *value, size_t base);

/* Converts a list of them, of n or, if other code changes it, fewer: *n. The first goes to base. */
enum fit record_put_list(struct put *u, const Record *r, PyObject *list, Py_ssize_t *n, size_t base);

void put_release(struct put *u);

#endif
