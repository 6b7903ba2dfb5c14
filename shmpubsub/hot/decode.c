#include "decode.h"

#include "arguments.h"
#include "convert.h"
#include "copy_payload.h"

/* Calls make with bytes that nobody else has: other processes may be able to change those of the file. */
static int
from_private(const struct payload *p, PyObject *make(const struct value_type *t, const char *bytes, Py_ssize_t length),
             const struct value_type *t, PyObject **object)
{
    char small[4096], *bytes = small;
    if (p->length > sizeof small && (bytes = PyMem_RawMalloc(p->length)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int made = copy_payload(p, bytes);
    if (made) {
        *object = make(t, bytes, (Py_ssize_t)p->length);
        made = *object != NULL ? 1 : -1;
    }
    if (bytes != small) {
        PyMem_RawFree(bytes);
    }
    return made;
}

static bool
is_ascii(const char *bytes, size_t length)
{
    uint64_t seen = 0, word = 0;
    for (; length >= 8; length -= 8, bytes += 8) {
        memcpy(&word, bytes, 8);
        seen |= word;
    }
    word = 0;
    memcpy(&word, bytes, length);
    return ((seen | word) & 0x8080808080808080u) == 0;
}

PyObject *
decode_utf8(const char *bytes, Py_ssize_t length)
{
    if (!is_ascii(bytes, (size_t)length)) {
        return PyUnicode_DecodeUTF8(bytes, length, NULL);
    }
    PyObject *made = length == 0 ? NULL : PyUnicode_New(length, 127); /* twice as fast as decoding */
    if (made == NULL) {
        return length == 0 ? PyUnicode_FromStringAndSize(NULL, 0) : NULL;
    }
    memcpy(PyUnicode_1BYTE_DATA(made), bytes, (size_t)length);
    return made;
}

static PyObject *
text(const struct value_type *t, const char *bytes, Py_ssize_t length)
{
    (void)t;
    return decode_utf8(bytes, length);
}

int
decode_text(Subscriber *s, const struct value_type *t, const struct payload *p, PyObject **object)
{
    int made = from_private(p, text, t, object);
    if (made < 0 && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        raised(PyObject_CallMethod((PyObject *)s, "_no_text", NULL));
    }
    return made;
}

static PyObject *
list(const struct value_type *t, const char *bytes, Py_ssize_t length)
{
    Py_ssize_t n = length / (Py_ssize_t)t->itemsize;
    PyObject *made = PyList_New(n);
    enum shm_type kind = t->dtype[0] == 'f' ? SHM_FLOAT : t->dtype[0] == 'i' ? SHM_INT : SHM_BOOL;
    for (Py_ssize_t i = 0; made != NULL && i < n; i++) {
        uint64_t word;
        if (kind == SHM_BOOL) {
            word = (unsigned char)bytes[i];
        }
        else {
            memcpy(&word, bytes + 8 * i, 8);
        }
        PyObject *element = value_object(kind, word);
        if (element == NULL) {
            Py_CLEAR(made);
            break;
        }
        PyList_SET_ITEM(made, i, element);
    }
    return made;
}

int
decode_list(const struct value_type *t, const struct payload *p, PyObject **object)
{
    return from_private(p, list, t, object);
}
