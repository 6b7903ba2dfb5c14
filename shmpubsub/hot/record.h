/* Records: values of several fields with names. A Record knows one kind of them: where its fields are, and what a program
   has for it. Python builds it (_records.py), once for each type. */
#ifndef SHM_RECORD_H
#define SHM_RECORD_H

#include "value_type.h"

/* What programs have. */
enum record_how {
    RECORD_DICT,
    RECORD_TUPLE,  /* a NamedTuple */
    RECORD_DIRECT, /* an object, made without its __init__ */
    RECORD_CALL,   /* an object, made by a call of its class */
    RECORD_RAW,    /* a ctypes.Structure: the bytes are the record's */
    RECORD_NUMPY,  /* a structured scalar: the bytes are the record's */
};

/* A field's value has the type's tag: SHM_SCALAR, SHM_ARRAY, SHM_TEXT, SHM_BYTES, SHM_LIST or SHM_RECORD. Those of
   variable types begin with their length, a uint64_t: the bytes of text and bytes, the steps of the first axis of the
   others. */
struct field {
    PyObject *name;       /* interned */
    Py_ssize_t slot;      /* where an instance of exactly the record's class has it; 0: only getattr() knows */
    size_t offset;        /* in the record */
    enum shm_type word;   /* SHM_BOOL, SHM_INT or SHM_FLOAT for those, which are the most frequent; or 0 */
    bool init;            /* an argument of the call */
    struct value_type type;
    PyObject *make;       /* make(n): an array of the default's kind; NULL: numpy's */
    PyObject *members;    /* the Enum of which its value is a member; NULL: none */
    PyObject *by_value;   /* its members, a dict; NULL: it has no such dict */
};

struct gap {
    size_t offset, size;
};

typedef struct Record {
    PyObject_HEAD
    enum record_how how;
    PyTypeObject *cls;   /* NULL: of dicts and of structured scalars */
    PyObject *dtype;     /* numpy's, if that is known; NULL */
    PyObject *init;      /* names of the arguments of the call */
    size_t size;         /* bytes */
    int depth;           /* records in records */
    bool views;          /* there are arrays in it, which may be views */
    bool padded;         /* it has gaps, or its parts have */
    bool lengths;        /* there are fields in it that begin with their length */
    Py_ssize_t n;
    struct field *fields; /* in the order in which they lie */
    PyObject *field_tuples, *gap_tuples; /* as Python gave them */
    size_t gap_count;
    struct gap *gaps;    /* padding, which the writer clears */
} Record;

/* Adds the type Record. Returns 0, or -1 with an error set. */
int record_init(PyObject *module);

static inline const Record *
record_of(const struct value_type *t)
{
    return (const Record *)t->record;
}

/* Lets the type's elements be those of a Record, or be none for None: t->record has a reference of its own then, to be
   given back by record_unbind. Returns 0, or -1 with a SystemError set. */
int record_bind(struct value_type *t, PyObject *record);

static inline void
record_unbind(struct value_type *t)
{
    Py_CLEAR(t->record);
}

/* The bytes that a field's values take, with their length. */
static inline size_t
field_extent(const struct field *f)
{
    return f->type.variable ? 8 + (f->type.size + 7) / 8 * 8 : f->type.size;
}

#endif
