"""Records whose layout, padding, lengths or values are wrong."""

from ._mutation import Mutation

GAPS_C = "shmpubsub/hot/record_gaps.c"
GET_C = "shmpubsub/hot/record_get.c"
PUT_C = "shmpubsub/hot/record_put.c"
RECORD_GO = "shmpubsub/internal/descriptor/record.go"
PLACES = "python/shm_pub_sub/_records.py"

ASKED = ("records", "random records", "storm of arrays")
LAYOUTS = ("random records", "records")
GO = ("Go descriptors", "Go package")

RECORDS = (
    Mutation(
        "records: padding of structures and structured scalars is published",
        PUT_C,
        "    if (!failed && raw != NULL) {\n        record_clear_gaps(raw, to, 1);\n    }\n",
        "    (void)raw;\n",
        ASKED,
    ),
    Mutation(
        "records: padding in arrays of records is published",
        "shmpubsub/hot/source_copy.c",
        "__builtin_expect(t->record != NULL, 0)",
        "t->record == (void *)t",
        ASKED,
    ),
    Mutation(
        "records: padding of loans is published",
        "shmpubsub/hot/loan.c",
        "        record_clear_gaps(record_of(&w->type), m->data, m->length / w->type.itemsize);\n",
        "",
        ASKED,
    ),
    Mutation(
        "records: padding of the records in a record is published",
        GAPS_C,
        "f->type.record != NULL && record_of(&f->type)->padded",
        "f->type.record == (void *)f",
        ASKED,
    ),
    Mutation(
        "records: a length beyond the room is believed",
        GET_C,
        "    if (length > t->max) {\n        return corrupt(g);\n    }\n",
        "",
        ASKED,
    ),
    Mutation(
        "records: a list that shrinks meanwhile keeps its length",
        PUT_C,
        "    if ((uint64_t)n != length) {\n        put_length_again(u, at, (uint64_t)n);\n    }\n",
        "    (void)put_length_again;\n",
        ASKED,
    ),
    Mutation(
        "records: what is no member of an Enum is read",
        GET_C,
        "    if (f->members != NULL) {\n        value = member_of(g, f, value);\n    }\n",
        "    (void)member_of;\n",
        ASKED,
    ),
    Mutation(
        "records: a value at which the program's class raises is read again",
        GET_C,
        "    g->spent = !PyErr_ExceptionMatches(PyExc_MemoryError);\n",
        "    (void)g;\n",
        ASKED,
    ),
    Mutation(
        "records: a publisher that its value has closed publishes",
        "shmpubsub/hot/publish_payload.c",
        "    if (!writer_is_open(p, w)) {\n"
        "        return PyErr_Occurred() ? NULL : refuse_publisher(p);\n    }\n"
        "    if (fit != FITS) {\n",
        "    if (fit != FITS) {\n",
        ASKED,
    ),
    Mutation(
        "records: what does not fit is published as far as it goes",
        "shmpubsub/hot/publish_payload.c",
        "    if (fit != FITS) {\n        return NULL;\n    }\n"
        "    uint64_t now;\n"
        "    if (!stamp_time(p, stamp, &now)) {\n        return NULL;\n    }\n"
        "    writer_publish_words(p, w, words, now, true);\n"
        "    Py_RETURN_NONE;\n",
        "    uint64_t now;\n"
        "    if (!stamp_time(p, stamp, &now)) {\n        return NULL;\n    }\n"
        "    writer_publish_words(p, w, words, now, true);\n"
        "    if (fit != FITS) {\n        return NULL;\n    }\n    Py_RETURN_NONE;\n",
        ASKED,
    ),
    Mutation(
        "records: a copy in place of a view is not counted",
        "shmpubsub/hot/read_record.c",
        "        s->copied += made > 0 && !s->copy && g.holder != NULL && !g.shared;\n",
        "",
        ASKED,
    ),
    Mutation(
        "records: fields are not aligned",
        PLACES,
        "        field.offset = up(end, own)\n",
        "        field.offset = end\n",
        LAYOUTS,
    ),
    Mutation(
        "records: a record's size is no multiple of its alignment",
        PLACES,
        "tuple(placed), up(end, align), align)",
        "tuple(placed), end, align)",
        LAYOUTS,
    ),
    Mutation(
        "records: complex numbers are aligned to their whole size",
        PLACES,
        'size // 2 if spec.dtype[0] == "c" else size',
        "size",
        LAYOUTS,
    ),
    Mutation(
        "records: a room ends where its elements do",
        PLACES,
        "LENGTH + up(element * rows, 8)",
        "LENGTH + element * rows",
        LAYOUTS,
    ),
    Mutation(
        "records: a class's own __init__ is not called",
        "python/shm_pub_sub/_records_made.py",
        '    _check_call(place, cls, names)\n    return "call"\n',
        '    return "direct"\n',
        ASKED,
    ),
    Mutation(
        "records in Go: padding is published",
        "shmpubsub/parts.go",
        "func (f *form) clearGaps(b []byte) { f.each(f.gaps, b, false, clearBytes) }",
        "func (f *form) clearGaps(b []byte) { f.each(nil, b, false, clearBytes) }",
        GO,
    ),
    Mutation(
        "records in Go: a length beyond the room is believed",
        "shmpubsub/parts.go",
        "length > uint64(n) || what == findUnfit",
        "what == findUnfit",
        GO,
    ),
    Mutation(
        "records in Go: names must be equal",
        RECORD_GO,
        "return r.Bytes == b.Bytes && slices",
        "return r.Name == b.Name && r.Bytes == b.Bytes && slices",
        GO,
    ),
    Mutation(
        "records in Go: names of fields need not be equal",
        RECORD_GO,
        "return f.Name == g.Name && f.Offset == g.Offset",
        "return f.Offset == g.Offset",
        GO,
    ),
    Mutation(
        "records in Go: offsets need not be equal",
        RECORD_GO,
        "return f.Name == g.Name && f.Offset == g.Offset",
        "return f.Name == g.Name",
        GO,
    ),
    Mutation(
        "records in Go: fields may overlap",
        RECORD_GO,
        " || f.Offset < end || ",
        " || f.Offset < end-end || ",
        GO,
    ),
    Mutation(
        "records in Go: fields may end behind the record",
        RECORD_GO,
        " || f.Offset > r.Bytes || f.Bytes() > r.Bytes-f.Offset {",
        " {",
        GO,
    ),
    Mutation(
        "records in Go: a length may lie anywhere",
        RECORD_GO,
        "aligned := f.Offset%8 == 0 ||",
        "aligned := true ||",
        GO,
    ),
    Mutation(
        "records in Go: larger ones than 128 bytes are in their slots",
        "shmpubsub/internal/descriptor/type.go",
        "const InlineMax = 128",
        "const InlineMax = 136",
        ("Go descriptors", "Go package", "records"),
    ),
)
