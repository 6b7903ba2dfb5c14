#include "stirred.h"

#include "attachment.h"
#include "subscriber_type.h"

/* Whether it has something to take: 10 ns. */
static bool
has_news(const Subscriber *s)
{
    return cursor_unread(&s->cursor) ||
           (s->path != NULL && s->ring.mapped != NULL && __atomic_load_n(&s->ring.mapped->retired, __ATOMIC_ACQUIRE));
}

/* Whether it has no publisher that lives, as far as is known: 0.5 us. */
static bool
is_in_doubt(Subscriber *s)
{
    return s->path == NULL || s->ring.mapped == NULL || __atomic_load_n(&s->ring.mapped->retired, __ATOMIC_ACQUIRE) ||
           !attachment_publisher_lives(s);
}

PyObject *
stirred(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *subscribers;
    int locks;
    if (!PyArg_ParseTuple(args, "O!p:stirred", &PyTuple_Type, &subscribers, &locks)) {
        return NULL;
    }
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found != NULL && i < PyTuple_GET_SIZE(subscribers); i++) {
        Subscriber *s = (Subscriber *)PyTuple_GET_ITEM(subscribers, i);
        if (!is_subscriber_type(Py_TYPE(s))) {
            PyErr_Format(PyExc_TypeError, "stirred: found %R; expected a subscriber", (PyObject *)s);
            Py_CLEAR(found);
            break;
        }
        if (locks ? is_in_doubt(s) : has_news(s)) {
            PyObject *number = PyLong_FromSsize_t(i);
            if (number == NULL || PyList_Append(found, number) < 0) {
                Py_CLEAR(found);
            }
            Py_XDECREF(number);
        }
    }
    return found;
}
