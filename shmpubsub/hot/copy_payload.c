#include "copy_payload.h"

bool
copy_payload(const struct payload *p, void *to)
{
    if (p->length < WITHOUT_GIL) {
        return payload_copy(p, to);
    }
    bool whole;
    Py_BEGIN_ALLOW_THREADS
    whole = payload_copy(p, to);
    Py_END_ALLOW_THREADS
    return whole;
}

Py_ssize_t
value_count(const struct value_type *t, uint64_t length)
{
    if (!t->variable) {
        return length != t->size ? -1 : t->ndim == 0 ? 1 : t->shape[0];
    }
    return length > t->size || length % t->row != 0 ? -1 : (Py_ssize_t)(length / t->row);
}
