#include "record.h"

#include <structmember.h>

#include "numpy_api.h"

#define MAX_DEPTH 16 /* Python allows less: this bounds the recursion in C */

static PyTypeObject *record_type;

static const char *const hows[] = {
    [RECORD_DICT] = "dict", [RECORD_TUPLE] = "tuple", [RECORD_DIRECT] = "direct",
    [RECORD_CALL] = "call", [RECORD_RAW] = "raw",     [RECORD_NUMPY] = "numpy",
};

static int
invalid(const char *what, PyObject *found)
{
    PyErr_Clear();
    PyErr_Format(PyExc_SystemError, "found a record with %s: %R", what, found);
    return -1;
}

/* Where instances of exactly this class have the attribute: a place made by __slots__. 0: elsewhere; -1 with an error
   set. */
static Py_ssize_t
slot_of(PyTypeObject *cls, PyObject *name)
{
    PyObject *mro = cls->tp_mro;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *dict = PyObject_GetAttrString(PyTuple_GET_ITEM(mro, i), "__dict__");
        PyObject *found = dict == NULL ? NULL : PyObject_GetItem(dict, name);
        Py_XDECREF(dict);
        if (found == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
                return -1;
            }
            PyErr_Clear();
            continue;
        }
        Py_ssize_t slot = 0;
        if (Py_IS_TYPE(found, &PyMemberDescr_Type) && PyType_IsSubtype(cls, PyDescr_TYPE(found))) {
            const PyMemberDef *m = ((PyMemberDescrObject *)found)->d_member;
            bool inside = m->offset > 0 && m->offset + (Py_ssize_t)sizeof(PyObject *) <= cls->tp_basicsize;
            slot = m->type == T_OBJECT_EX && inside ? m->offset : 0;
        }
        Py_DECREF(found);
        return slot;
    }
    return 0;
}

/* The axes of a field: a tuple of ints, the first one None if it varies. */
static int
axes_of(PyObject *shape, uint64_t *axes, bool *variable)
{
    Py_ssize_t n = PyTuple_GET_SIZE(shape);
    if (n > VALUE_MAX_NDIM) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *axis = PyTuple_GET_ITEM(shape, i);
        if (i == 0 && axis == Py_None) {
            *variable = true;
            axes[i] = 0;
            continue;
        }
        axes[i] = PyLong_AsUnsignedLongLong(axis);
        if (axes[i] == (uint64_t)-1 && PyErr_Occurred()) {
            return -1;
        }
    }
    return (int)n;
}

/* Which of the words of convert.h it is. */
static enum shm_type
word_of(const struct field *f)
{
    if (f->type.tag != SHM_SCALAR || f->members != NULL) {
        return (enum shm_type)0;
    }
    const char *dtype = f->type.dtype;
    return strcmp(dtype, "f8") == 0 ? SHM_FLOAT : strcmp(dtype, "i8") == 0 ? SHM_INT :
           strcmp(dtype, "b1") == 0 ? SHM_BOOL : (enum shm_type)0;
}

static int
parse_type(struct field *f, const char *kind, const char *dtype, PyObject *shape, unsigned long long max,
           const Record *part)
{
    uint64_t axes[VALUE_MAX_NDIM];
    char record[32];
    bool text = strcmp(kind, "text") == 0 || strcmp(kind, "bytes") == 0, list = strcmp(kind, "list") == 0;
    bool variable = text || list;
    int ndim = axes_of(shape, axes, &variable);
    if (list && ndim == 0) {
        ndim = 1;
    }
    if (part != NULL) {
        PyOS_snprintf(record, sizeof record, "r%zu", part->size);
        dtype = record;
    }
    bool scalar = strcmp(kind, "scalar") == 0;
    bool known = text || list || scalar || strcmp(kind, "array") == 0 || strcmp(kind, "record") == 0;
    if (!known || ndim < 0 || ((text || scalar) && ndim > 0) ||
        !value_type_make(&f->type, kind, *dtype != '\0' ? dtype : "-", variable, max, ndim, axes) ||
        f->type.size > SHM_MAX_SIZE || (f->type.dtype[0] == 'r') != (part != NULL)) {
        return -1;
    }
    f->type.record = (PyObject *)part;
    f->type.descr = part == NULL ? NULL : part->dtype;
    return 0;
}

/* Parses a field. It owns what it refers to from now on, also after an error: returns -1 with an error set. */
static int
parse_field(Record *r, struct field *f, PyObject *item)
{
    PyObject *name, *shape, *part, *members;
    const char *kind, *dtype;
    unsigned long long max;
    int init;
    if (!PyTuple_Check(item) || !PyArg_ParseTuple(item, "UnssO!KOOp", &name, &f->offset, &kind, &dtype, &PyTuple_Type,
                                                  &shape, &max, &part, &members, &init)) {
        return invalid("the field", item);
    }
    f->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&f->name);
    f->init = init;
    f->members = members == Py_None ? NULL : Py_NewRef(members);
    bool has_part = Py_IS_TYPE(part, record_type);
    if (!has_part && part != Py_None) {
        f->make = Py_NewRef(part);
    }
    Py_XINCREF(has_part ? part : NULL);
    const Record *p = has_part ? (const Record *)part : NULL;
    int parsed = parse_type(f, kind, dtype, shape, max, p);
    if (parsed < 0) {
        f->type.record = has_part ? part : NULL;
        return invalid("the field", item);
    }
    if (f->offset > r->size || field_extent(f) > r->size - f->offset) {
        return invalid("a field outside of it", item);
    }
    if (f > r->fields && f->offset < (f - 1)->offset + field_extent(f - 1)) {
        return invalid("a field that is not behind the one before", item);
    }
    if (p != NULL && p->depth >= r->depth) {
        r->depth = p->depth + 1;
    }
    r->padded |= p != NULL && p->padded;
    r->lengths |= f->type.variable || (p != NULL && p->lengths);
    r->views |= r->how != RECORD_RAW && (f->type.tag == SHM_ARRAY || (p != NULL && p->views));
    f->word = word_of(f);
    if (f->members != NULL) {
        f->by_value = PyObject_GetAttrString(f->members, "_value2member_map_");
        if (f->by_value == NULL || !PyDict_Check(f->by_value)) {
            return invalid("the enum", f->members);
        }
    }
    f->slot = r->cls == NULL || r->how == RECORD_TUPLE ? 0 : slot_of(r->cls, f->name);
    return f->slot < 0 ? -1 : 0;
}

static int
parse_fields(Record *r, PyObject *fields)
{
    Py_ssize_t n = PyTuple_GET_SIZE(fields);
    r->fields = PyMem_Calloc((size_t)n + 1, sizeof *r->fields);
    if (r->fields == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (; r->n < n; r->n++) {
        if (parse_field(r, &r->fields[r->n], PyTuple_GET_ITEM(fields, r->n)) < 0) {
            r->n++; /* its references are given back with the others */
            return -1;
        }
    }
    if (r->depth > MAX_DEPTH) {
        return invalid("too many records in records", fields);
    }
    return 0;
}

static int
parse_gaps(Record *r, PyObject *gaps)
{
    size_t n = (size_t)PyTuple_GET_SIZE(gaps);
    r->gaps = PyMem_Calloc(n + 1, sizeof *r->gaps);
    if (r->gaps == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (; r->gap_count < n; r->gap_count++) {
        PyObject *item = PyTuple_GET_ITEM(gaps, r->gap_count);
        struct gap *g = &r->gaps[r->gap_count];
        if (!PyTuple_Check(item) || !PyArg_ParseTuple(item, "nn", &g->offset, &g->size)) {
            return invalid("the gap", item);
        }
        if (g->offset > r->size || g->size > r->size - g->offset) {
            return invalid("a gap outside of it", item);
        }
        r->padded = true;
    }
    return 0;
}

/* The names of those fields that are arguments, for vectorcall; none for object.__new__. */
static int
name_arguments(Record *r)
{
    Py_ssize_t n = 0;
    bool call = r->how == RECORD_CALL;
    for (Py_ssize_t i = 0; call && i < r->n; i++) {
        n += r->fields[i].init;
    }
    r->init = PyTuple_New(n);
    for (Py_ssize_t i = 0, place = 0; call && r->init != NULL && i < r->n; i++) {
        if (r->fields[i].init) {
            PyTuple_SET_ITEM(r->init, place++, Py_NewRef(r->fields[i].name));
        }
    }
    return r->init == NULL ? -1 : 0;
}

static int
set_how(Record *r, const char *how, PyObject *cls, PyObject *dtype)
{
    int known = 0, names = (int)(sizeof hows / sizeof *hows);
    while (known < names && strcmp(how, hows[known]) != 0) {
        known++;
    }
    r->how = (enum record_how)known;
    bool without = r->how == RECORD_DICT || r->how == RECORD_NUMPY;
    if (known == names || (!without && !PyType_Check(cls)) ||
        (r->how == RECORD_TUPLE && !PyType_IsSubtype((PyTypeObject *)cls, &PyTuple_Type))) {
        return invalid("the class", cls);
    }
    r->cls = without ? NULL : (PyTypeObject *)Py_NewRef(cls);
    r->views = r->how == RECORD_NUMPY;
    /* As object.__new__ does: another base, such as Exception, would not be complete without its own. */
    if (r->how == RECORD_DIRECT && r->cls->tp_new != PyBaseObject_Type.tp_new) {
        r->how = RECORD_CALL;
    }
    r->dtype = dtype == Py_None ? NULL : Py_NewRef(dtype);
    if (r->dtype == NULL) {
        return r->how == RECORD_NUMPY ? invalid("the dtype", dtype) : 0;
    }
    return numpy_check_descr(r->dtype, r->size);
}

static PyObject *
new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"", "", "", "", "", "dtype", NULL};
    const char *how;
    PyObject *cls, *fields, *gaps, *dtype = Py_None;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "sOnO!O!|$O:Record", names, &how, &cls, &size, &PyTuple_Type,
                                     &fields, &PyTuple_Type, &gaps, &dtype)) {
        return NULL;
    }
    if (size < 1 || size > SHM_MAX_SIZE) {
        PyErr_Format(PyExc_SystemError, "found a record of %zd bytes", size);
        return NULL;
    }
    Record *r = (Record *)type->tp_alloc(type, 0);
    if (r == NULL) {
        return NULL;
    }
    r->size = (size_t)size;
    r->depth = 1;
    r->field_tuples = Py_NewRef(fields);
    r->gap_tuples = Py_NewRef(gaps);
    if (set_how(r, how, cls, dtype) < 0 || parse_fields(r, fields) < 0 || parse_gaps(r, gaps) < 0 ||
        name_arguments(r) < 0) {
        Py_DECREF(r);
        return NULL;
    }
    return (PyObject *)r;
}

static int
traverse(Record *r, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(r));
    Py_VISIT(r->cls);
    Py_VISIT(r->dtype);
    Py_VISIT(r->field_tuples);
    Py_VISIT(r->gap_tuples);
    for (Py_ssize_t i = 0; i < r->n; i++) {
        Py_VISIT(r->fields[i].type.record);
        Py_VISIT(r->fields[i].make);
        Py_VISIT(r->fields[i].members);
        Py_VISIT(r->fields[i].by_value);
    }
    return 0;
}

static void
dealloc(Record *r)
{
    PyTypeObject *type = Py_TYPE(r);
    PyObject_GC_UnTrack(r);
    for (Py_ssize_t i = 0; i < r->n; i++) {
        struct field *f = &r->fields[i];
        Py_XDECREF(f->name);
        Py_XDECREF(f->type.record);
        Py_XDECREF(f->make);
        Py_XDECREF(f->members);
        Py_XDECREF(f->by_value);
    }
    PyMem_Free(r->fields);
    PyMem_Free(r->gaps);
    Py_XDECREF(r->cls);
    Py_XDECREF(r->dtype);
    Py_XDECREF(r->init);
    Py_XDECREF(r->field_tuples);
    Py_XDECREF(r->gap_tuples);
    type->tp_free((PyObject *)r);
    Py_DECREF(type);
}

int
record_bind(struct value_type *t, PyObject *record)
{
    bool wants = t->dtype[0] == 'r', has = Py_IS_TYPE(record, record_type);
    if (wants != has || (!has && record != Py_None) || (has && ((Record *)record)->size != t->itemsize)) {
        PyErr_Format(PyExc_SystemError, "found the codec %R for elements %s of %zu bytes", record, t->dtype,
                     t->itemsize);
        return -1;
    }
    t->record = has ? Py_NewRef(record) : NULL;
    t->descr = has ? ((Record *)record)->dtype : NULL;
    return 0;
}

PyDoc_STRVAR(record_doc, "Record(how, cls, size, fields, gaps, /, *, dtype=None)\n--\n\n"
"How records of a type are written and read. fields: tuples of (name, offset, kind, dtype, shape, max, part, enum,\n"
"init); gaps: of (offset, size).");

static PyObject *
get_how(Record *r, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(hows[r->how]);
}

static PyGetSetDef getset[] = {
    {"how", (getter)get_how, NULL, "What programs have.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"cls", T_OBJECT, offsetof(Record, cls), READONLY, NULL},
    {"size", T_PYSSIZET, offsetof(Record, size), READONLY, NULL},
    {"fields", T_OBJECT, offsetof(Record, field_tuples), READONLY, NULL},
    {"gaps", T_OBJECT, offsetof(Record, gap_tuples), READONLY, NULL},
    {"dtype", T_OBJECT, offsetof(Record, dtype), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)record_doc}, {Py_tp_new, new},       {Py_tp_dealloc, dealloc}, {Py_tp_traverse, traverse},
    {Py_tp_getset, getset},          {Py_tp_members, members}, {0, NULL},
};

static PyType_Spec spec = {
    .name = "shm_pub_sub._hot.Record",
    .basicsize = sizeof(Record),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int
record_init(PyObject *module)
{
    if (record_type == NULL && (record_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL)) == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Record", (PyObject *)record_type);
}
