/* What the hot path's files share. */
#ifndef SHM_HOT_H
#define SHM_HOT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "../protocol/fork.h"
#include "../protocol/ring.h"

/* A topic's type, by its tag in the file's header. */
enum shm_type { SHM_BOOL = 1, SHM_INT = 2, SHM_FLOAT = 3 };

/* A mapping as Go hands it over. */
struct shm_mapping {
    void *base; /* NULL: none */
    size_t size;
    int fd;
};

extern PyType_Spec shm_publisher_spec;
extern PyType_Spec shm_subscriber_spec;
extern PyMethodDef shm_publisher_methods[];
extern PyMethodDef shm_subscriber_methods[];

/* arguments.c: what private functions are given is checked like anything else. */
bool shm_type_from(int tag, enum shm_type *type);
bool shm_mapping_is_sound(const struct shm_mapping *m, uint64_t first, uint64_t stride, uint64_t slots);
bool shm_is_subscriber(PyObject *object);
void *shm_raised(PyObject *result);

/* values.c */
int shm_sample_init(PyObject *module);

/* registry.c: methods of the module */
PyObject *shm_publishers(PyObject *module, PyObject *ignored);
PyObject *shm_publisher_of(PyObject *module, PyObject *args);
PyObject *shm_changes(PyObject *module, PyObject *ignored);
PyObject *shm_count(PyObject *module, PyObject *ignored);

/* guest.c and room.c: methods of the module */
PyObject *shm_guarded(PyObject *module, PyObject *function);
PyObject *shm_no_room(PyObject *module, PyObject *ignored);

/* select.c: a method of the module */
PyObject *shm_select(PyObject *module, PyObject *args);

static inline uint64_t
shm_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
