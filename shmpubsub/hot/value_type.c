#include "value_type.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const struct {
    const char *dtype, *format;
    uint32_t itemsize;
    int number; /* of NPY_TYPES */
} elements[] = {
    {"b1", "?", 1, 0},  {"i1", "b", 1, 1},  {"i2", "h", 2, 3},   {"i4", "i", 4, 5},    {"i8", "q", 8, 7},
    {"u1", "B", 1, 2},  {"u2", "H", 2, 4},  {"u4", "I", 4, 6},   {"u8", "Q", 8, 8},    {"f2", "e", 2, 23},
    {"f4", "f", 4, 11}, {"f8", "d", 8, 12}, {"c8", "Zf", 8, 14}, {"c16", "Zd", 16, 15},
};

static const struct {
    const char *kind;
    enum shm_type tag;
    const char *dtype; /* if the line does not say */
} kinds[] = {
    {"bool", SHM_BOOL, "b1"},   {"int", SHM_INT, "i8"},   {"float", SHM_FLOAT, "f8"}, {"array", SHM_ARRAY, NULL},
    {"bytes", SHM_BYTES, "u1"}, {"text", SHM_TEXT, "u1"}, {"list", SHM_LIST, NULL},   {"scalar", SHM_SCALAR, NULL},
    {"record", SHM_RECORD, NULL},
};

/* The element `r40`: a record of 40 bytes. */
static bool
set_record(struct value_type *t, const char *dtype)
{
    unsigned long long size;
    int used = 0;
    if (sscanf(dtype, "r%llu%n", &size, &used) != 1 || dtype[used] != '\0' || size < 1 || size > SHM_MAX_SIZE) {
        return false;
    }
    strcpy(t->dtype, "r");
    t->itemsize = size;
    t->number = -1;
    return t->tag == SHM_RECORD || t->tag == SHM_ARRAY || t->tag == SHM_LIST;
}

static bool
set_element(struct value_type *t, const char *dtype)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (strcmp(dtype, elements[i].dtype) == 0) {
            strcpy(t->dtype, elements[i].dtype);
            strcpy(t->format, elements[i].format);
            t->itemsize = elements[i].itemsize;
            t->number = elements[i].number;
            return t->tag != SHM_RECORD;
        }
    }
    return *dtype == 'r' && set_record(t, dtype);
}

static bool
set_kind(struct value_type *t, const char *kind, const char *dtype)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].kind) == 0) {
            t->tag = kinds[i].tag;
            return set_element(t, kinds[i].dtype != NULL ? kinds[i].dtype : dtype);
        }
    }
    return false;
}

void
value_strides(const struct value_type *t, int ndim, const Py_ssize_t *shape, Py_ssize_t *strides)
{
    Py_ssize_t stride = (Py_ssize_t)t->itemsize;
    for (int i = ndim - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape[i];
    }
}

bool
value_type_make(struct value_type *t, const char *kind, const char *dtype, bool variable, uint64_t max, int ndim,
                const uint64_t *axes)
{
    memset(t, 0, sizeof *t);
    if (ndim < 0 || ndim > VALUE_MAX_NDIM || !set_kind(t, kind, dtype)) {
        return false;
    }
    t->variable = variable;
    t->ndim = ndim;
    t->max = max;
    t->row = t->size = t->itemsize;
    for (int i = 0; i < ndim; i++) {
        uint64_t axis = i == 0 && variable ? max : axes[i];
        if (axis == 0 || axis > (uint64_t)PY_SSIZE_T_MAX / t->size) {
            return false;
        }
        t->shape[i] = (Py_ssize_t)axis;
        t->size *= axis;
        t->row *= i == 0 && variable ? 1 : axis;
    }
    if (ndim == 0 && variable) { /* text, bytes */
        if (max == 0 || max > PY_SSIZE_T_MAX) {
            return false;
        }
        t->size = max;
        t->ndim = 1;
        t->shape[0] = (Py_ssize_t)max;
    }
    return t->tag != SHM_RECORD || t->ndim == 0;
}

bool
value_type_parse(struct value_type *t, const char *line)
{
    char kind[8], dtype[16];
    unsigned variable, ndim;
    unsigned long long max;
    uint64_t axes[VALUE_MAX_NDIM];
    int used = 0;
    if (sscanf(line, "%7s %15s %u %llu %u%n", kind, dtype, &variable, &max, &ndim, &used) != 5 || variable > 1 ||
        ndim > VALUE_MAX_NDIM) {
        return false;
    }
    for (unsigned i = 0; i < ndim; i++) {
        int digits = 0;
        if (sscanf(line + used, " %" SCNu64 "%n", &axes[i], &digits) != 1) {
            return false;
        }
        used += digits;
    }
    return (line[used] == '\0' || line[used] == '\n') &&
           value_type_make(t, kind, dtype, variable, max, (int)ndim, axes);
}

void
value_type_set_raw(struct value_type *t)
{
    *t = (struct value_type){
        .tag = SHM_BYTES,
        .dtype = "u1",
        .format = "B",
        .itemsize = 1,
        .number = 2,
        .raw = true,
        .variable = t->variable,
        .ndim = 1,
        .shape = {(Py_ssize_t)t->size},
        .max = t->size,
        .row = t->row,
        .size = t->size,
    };
}

/* An int of width bytes. */
static int
put_signed(PyObject *value, void *to, uint32_t width)
{
    if (!PyIndex_Check(value)) {
        return -1;
    }
    long long number = PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    long long limit = (long long)(UINT64_MAX >> (65 - 8 * width));
    if (number > limit || number < -limit - 1) {
        PyErr_SetNone(PyExc_OverflowError);
        return -1;
    }
    memcpy(to, &number, width); /* the low bytes: little-endian */
    return 0;
}

static int
put_unsigned(PyObject *value, void *to, uint32_t width)
{
    PyObject *index = PyIndex_Check(value) ? PyNumber_Index(value) : NULL;
    if (index == NULL) {
        return -1;
    }
    unsigned long long number = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    if (number == (unsigned long long)-1 && PyErr_Occurred()) {
        return -1;
    }
    if (number > UINT64_MAX >> (64 - 8 * width)) {
        PyErr_SetNone(PyExc_OverflowError);
        return -1;
    }
    memcpy(to, &number, width);
    return 0;
}

static int
put_real(double real, char *to, uint32_t width)
{
    float single = (float)real;
    switch (width) {
    case 2:
#if PY_VERSION_HEX >= 0x030b0000
        return PyFloat_Pack2(real, to, 1);
#else
        return _PyFloat_Pack2(real, (unsigned char *)to, 1);
#endif
    case 4:
        if (isinf(single) && !isinf(real)) {
            PyErr_SetNone(PyExc_OverflowError);
            return -1;
        }
        memcpy(to, &single, sizeof single);
        return 0;
    }
    memcpy(to, &real, sizeof real);
    return 0;
}

static bool
is_real(PyObject *value)
{
    PyNumberMethods *number = Py_TYPE(value)->tp_as_number;
    return number != NULL && (number->nb_float != NULL || number->nb_index != NULL);
}

static int
put_float(PyObject *value, void *to, uint32_t width)
{
    double real;
    if (PyFloat_CheckExact(value)) {
        real = PyFloat_AS_DOUBLE(value);
    }
    else {
        if (!is_real(value)) {
            return -1;
        }
        real = PyFloat_AsDouble(value);
        if (real == -1.0 && PyErr_Occurred()) {
            return -1;
        }
    }
    return put_real(real, to, width);
}

static int
put_complex(PyObject *value, char *to, uint32_t width)
{
    if (!PyComplex_Check(value) && !is_real(value) &&
        !PyObject_HasAttrString((PyObject *)Py_TYPE(value), "__complex__")) {
        return -1;
    }
    Py_complex number = PyComplex_AsCComplex(value);
    if (number.real == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    return put_real(number.real, to, width / 2) < 0 ? -1 : put_real(number.imag, to + width / 2, width / 2);
}

int
element_put(const struct value_type *t, PyObject *value, void *to)
{
    switch (t->dtype[0]) {
    case 'b':
        if (!PyBool_Check(value)) {
            return -1;
        }
        *(char *)to = value == Py_True;
        return 0;
    case 'i':
        return put_signed(value, to, (uint32_t)t->itemsize);
    case 'u':
        return put_unsigned(value, to, (uint32_t)t->itemsize);
    case 'f':
        return put_float(value, to, t->itemsize);
    }
    return put_complex(value, to, t->itemsize);
}

/* -1.0 with an error set does not happen: every bit pattern is a number. */
static double
get_real(const char *from, uint32_t width)
{
    double real;
    float single;
    switch (width) {
    case 2:
#if PY_VERSION_HEX >= 0x030b0000
        return PyFloat_Unpack2(from, 1);
#else
        return _PyFloat_Unpack2((const unsigned char *)from, 1);
#endif
    case 4:
        memcpy(&single, from, sizeof single);
        return single;
    }
    memcpy(&real, from, sizeof real);
    return real;
}

PyObject *
element_get(const struct value_type *t, const void *from)
{
    uint64_t number = 0;
    unsigned unused = 64 - 8 * t->itemsize;
    switch (t->dtype[0]) {
    case 'b':
        return Py_NewRef(*(const char *)from != 0 ? Py_True : Py_False);
    case 'i':
        memcpy(&number, from, t->itemsize);
        return PyLong_FromLongLong((int64_t)(number << unused) >> unused);
    case 'u':
        memcpy(&number, from, t->itemsize);
        return PyLong_FromUnsignedLongLong(number);
    case 'f':
        return PyFloat_FromDouble(get_real(from, t->itemsize));
    }
    uint32_t half = t->itemsize / 2;
    return PyComplex_FromDoubles(get_real(from, half), get_real((const char *)from + half, half));
}

bool
format_fits(const struct value_type *t, const char *format, Py_ssize_t itemsize)
{
    format = format == NULL ? "B" : format;
    if (*format == '@' || *format == '=' || *format == '<') { /* this machine's order */
        format++;
    }
    if (itemsize != (Py_ssize_t)t->itemsize || *format == '\0' || t->dtype[0] == 'r') {
        return false;
    }
    if (t->dtype[0] == 'c') { /* Python 3.14 writes F and D, as ctypes does */
        return strcmp(format, t->format) == 0 || strcmp(format, itemsize == 8 ? "F" : "D") == 0;
    }
    const char *same = t->dtype[0] == 'i'   ? "bhilqn"
                       : t->dtype[0] == 'u' ? "BHILQN"
                       : t->dtype[0] == 'f' ? "efd"
                                            : "?";
    return format[1] == '\0' && strchr(same, *format) != NULL;
}
