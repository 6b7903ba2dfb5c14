/* Checks of what the private functions are given. The shim and Go pass what is right, but anybody can call them,
   a subclass can put other methods in the place of the shim's, and no Python call may crash. */
#include "hot.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns false with an error set. */
bool
shm_type_from(int tag, enum shm_type *type)
{
    if (tag < SHM_BOOL || tag > SHM_FLOAT) {
        PyErr_Format(PyExc_ValueError, "found type tag %d; expected 1 (bool), 2 (int) or 3 (float)", tag);
        return false;
    }
    *type = (enum shm_type)tag;
    return true;
}

/* Whether there is memory, as large as it is said to be, with a ring that lies inside, and a file behind it that is no
   shorter, if its descriptor is given. */
bool
shm_mapping_is_sound(const struct shm_mapping *m, uint64_t first, uint64_t stride, uint64_t slots)
{
    struct stat st;
    return m->base != NULL && (uintptr_t)m->base % (uintptr_t)sysconf(_SC_PAGESIZE) == 0 && first <= m->size &&
           first >= SHM_HEAD_OFFSET + sizeof(struct shm_state) && first % 8 == 0 && stride % 8 == 0 &&
           stride >= sizeof(struct shm_slot) && slots > 0 && slots <= (m->size - first) / stride &&
           (m->fd == -1 || (fstat(m->fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= m->size)) &&
           msync(m->base, m->size, MS_ASYNC) == 0; /* it does nothing, but says whether all of it is mapped */
}

bool
shm_is_subscriber(PyObject *object)
{
    for (PyTypeObject *type = Py_TYPE(object); type != NULL; type = type->tp_base) {
        if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
            PyType_GetSlot(type, Py_tp_methods) == shm_subscriber_methods) {
            return true;
        }
    }
    return false;
}

/* The end of a call to a method of the shim that is there to raise: NULL, with an error set in any case. */
void *
shm_raised(PyObject *result)
{
    if (result != NULL) {
        Py_DECREF(result);
        PyErr_SetString(PyExc_SystemError, "found that a method which must raise has returned; it was overridden");
    }
    return NULL;
}
