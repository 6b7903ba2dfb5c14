#include "sample.h"

#include <structseq.h>

#include "convert.h"

static PyTypeObject *sample_type;

uint64_t
value_age(uint64_t published, uint64_t now)
{
    int64_t old = (int64_t)(now - published);
    if (old > -1000000000) {
        return old > 0 ? (uint64_t)old : 0;
    }
    return UINT64_MAX;
}

static PyStructSequence_Field fields[] = {
    {"value", "the published value"},
    {"sequence", "its number among its publisher's values, from 1"},
    {"time_ns", "when it was measured, as publish_at() says, or published, on the clock of time.monotonic_ns()"},
    {"age", "its age in seconds when it was read: the time since time_ns; inf if that was before a reboot"},
    {NULL, NULL},
};

static PyStructSequence_Desc description = {
    .name = "shm_pub_sub.Sample",
    .doc = "A value with its number, its time and its age.",
    .fields = fields,
    .n_in_sequence = 4,
};

PyObject *
sample_of(PyObject *value, uint64_t k, uint64_t time)
{
    uint64_t old = value_age(time, clock_now(CLOCK_MONOTONIC));
    PyObject *items[] = {
        value,
        PyLong_FromUnsignedLongLong(k),
        PyLong_FromLongLong((long long)time),
        PyFloat_FromDouble(old == UINT64_MAX ? Py_HUGE_VAL : (double)old / 1e9),
    };
    PyObject *sample = PyStructSequence_New(sample_type);
    bool complete = sample != NULL;
    for (int i = 0; i < 4; i++) {
        complete = complete && items[i] != NULL;
        if (sample != NULL) {
            PyStructSequence_SetItem(sample, i, items[i]);
        }
        else {
            Py_XDECREF(items[i]);
        }
    }
    if (!complete) {
        Py_CLEAR(sample);
    }
    return sample;
}

PyObject *
sample_object(const Subscriber *s, const struct ring_value *v)
{
    return sample_of(value_object(s->type, v->word), v->k, v->time);
}

int
sample_init(PyObject *module)
{
    if (sample_type == NULL && (sample_type = PyStructSequence_NewType(&description)) == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Sample", (PyObject *)sample_type);
}
