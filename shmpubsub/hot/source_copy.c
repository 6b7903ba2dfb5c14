#include "source_copy.h"

#include "numpy_api.h"
#include "record_gaps.h"

/* May run without the GIL. */
static void
copy_plainly(const struct source *s, const struct value_type *t, void *to)
{
    if (s->from.ndim == 0) {
        memcpy(to, s->from.data, s->length);
    }
    else {
        strided_copy(to, &s->from);
    }
    if (__builtin_expect(t->record != NULL, 0)) {
        record_clear_gaps(record_of(t), to, s->length / t->itemsize);
    }
}

static int
copy_by_numpy(const struct source *s, const struct value_type *t, void *to)
{
    PyObject *target = numpy_over(t, s->from.ndim, s->from.shape, to, true, Py_NewRef(Py_None));
    if (target == NULL) {
        return -1;
    }
    int result = numpy_copy(target, s->array);
    Py_DECREF(target);
    return result;
}

int
source_copy(const struct source *s, const struct value_type *t, void *to)
{
    int outer;
    /* Single elements: numpy chooses the order of the axes. Of runs, such as three of a pixel's four bytes, it copies
       the elements one by one; of records, the fields. */
    if (s->array != NULL && t->record == NULL && s->length > 0 &&
        strided_run(&s->from, &outer) == s->from.itemsize) {
        return copy_by_numpy(s, t, to);
    }
    if (s->length > SOURCE_GIL_LIMIT) {
        Py_BEGIN_ALLOW_THREADS
        copy_plainly(s, t, to);
        Py_END_ALLOW_THREADS
    }
    else {
        copy_plainly(s, t, to);
    }
    return 0;
}
