#include "subscriber_type.h"

#include <structmember.h>

#include "attachment_map.h"
#include "by_time.h"
#include "drain.h"
#include "fileno.h"
#include "last.h"
#include "metadata.h"
#include "receive.h"
#include "subscriber.h"
#include "take.h"

PyDoc_STRVAR(subscribe_doc, "subscribe($self, /, *, into=None)\n--\n\n"
"Return (value, True) with the topic's newest value, or (default_value, False).\n"
"\n"
"ok is True while a live publisher has published at least one value, even if that value was returned\n"
"before, and while a value is retained. It turns False at the first read after the publisher's close(),\n"
"within 0.1 s of its death, and for a value older than max_age.\n"
"\n"
"Args:\n"
"    into: A writable array, or other buffer, of the topic's element type and shape, which is filled and returned;\n"
"        not for bool, int and float, whose methods take no argument.\n"
"        Where the first axis varies it may be longer than the value; into[:n] is returned. Without a value it\n"
"        stays as it is; after an error its contents are undefined.\n"
"        For a record a dict, or an object of the class that can be changed: arrays in it are filled, the rest is\n"
"        assigned. If one of them is longer than the value's, a shallow copy with its first rows is returned.\n"
"\n"
"Raises:\n"
"    TopicTypeError: into has another type or shape, or the topic has a new publisher, of another type (a TypeError).\n"
"    TopicValueError: into is too short for the value (a ValueError).\n"
"    OpenError: The topic exists and can no longer be opened; or it cannot be written to by this process, and its\n"
"        values were overwritten faster than they could be copied for 1 s (a RuntimeError).\n"
"    ClosedError: After close() (a ValueError).\n"
"    What a record's class raises, if it has an __init__ or __post_init__ of its own.");

PyDoc_STRVAR(try_recv_doc, "try_recv($self, /, *, into=None)\n--\n\n"
"Return the next value as recv() does, or None if there is none.\n"
"\n"
"Args:\n"
"    into: As for subscribe().");

PyDoc_STRVAR(last_doc, "last($self, n, /, *, into=None)\n--\n\n"
"Return the newest n values, oldest first, without taking them; fewer if there are no more.\n"
"\n"
"Values older than max_age are left out, and so is everything if subscribe() would return ok False.\n"
"\n"
"Args:\n"
"    n: 1 or more. A topic keeps as many values as its publisher's buffer_num.\n"
"    into: A writable array, or other buffer, with a leading axis, which is filled from the start.\n"
"\n"
"Returns:\n"
"    Arrays of a fixed shape: one array with a leading axis. Dicts: a dict of such arrays, one for each field with\n"
"    numbers, and lists for what has text or a length of its own. All others: a list. With into: into[:number of\n"
"    values].\n"
"\n"
"Raises:\n"
"    TopicTypeError: into has another type or shape, or as for subscribe() (a TypeError).\n"
"    TopicValueError: n is less than 1 (a ValueError).\n"
"    OpenError, ClosedError: As for subscribe().");

PyDoc_STRVAR(recv_doc, "recv($self, /, timeout=None, *, into=None)\n--\n\n"
"Return the next unread value; block if there is none.\n"
"\n"
"Values come oldest first. Those that were overwritten before they were taken are counted by `lost`. It\n"
"works before there is a publisher, and across its restart: the values of a publisher that has ended come\n"
"before those of the next one.\n"
"\n"
"Args:\n"
"    timeout: The longest time to wait, in seconds; None for no limit, 0 not to wait.\n"
"    into: An array, or a record, to fill with the value, as for subscribe(); not for bool, int and float.\n"
"\n"
"Raises:\n"
"    WaitTimeoutError: No value arrived within timeout seconds (a TimeoutError).\n"
"    TopicTypeError, OpenError: As for subscribe().\n"
"    TopicValueError: into is too short: the value is still there to take (a ValueError).\n"
"    ClosedError: After close(), also if another thread calls it meanwhile (a ValueError).\n"
"    TopicValueError: A negative timeout (a ValueError).");

PyDoc_STRVAR(drain_doc, "drain($self, /, *, into=None)\n--\n\n"
"Take all unread values, oldest first, without waiting.\n"
"\n"
"Args:\n"
"    into: A writable buffer of the topic's element type with a leading axis, which is filled from the start.\n"
"        For numbers array.array('d'), numpy.empty(n) and the like: 'q' for int, '?' for bool. For arrays of\n"
"        shape (3,) numpy.empty((n, 3)) and the like.\n"
"\n"
"Returns:\n"
"    A list of the values; with into, the number of values stored. The rest stays for the next call.\n"
"\n"
"Raises:\n"
"    TopicTypeError: into is no such buffer (a TypeError), or as for subscribe().\n"
"    ClosedError: After close() (a ValueError).");

PyDoc_STRVAR(sample_doc, "sample($self, /)\n--\n\n"
"Return the topic's newest value as a Sample, or None if subscribe() would return ok False.\n"
"\n"
"Does not consume the value.");

PyDoc_STRVAR(recv_sample_doc, "recv_sample($self, /, timeout=None)\n--\n\n"
"Return the next unread value like recv(), but as a Sample: value, sequence (its number, from 1 with every\n"
"publisher), time_ns (of measurement or publication, on the clock of time.monotonic_ns()) and age\n"
"(seconds, when read).");

PyDoc_STRVAR(at_doc, "at($self, time_ns, /)\n--\n\n"
"Return the kept value nearest to an instant as a Sample, or None if subscribe() would return ok False.\n"
"\n"
"Of two that are equally near it is the newer one; values older than max_age are left out. Does not consume\n"
"the value.\n"
"\n"
"Args:\n"
"    time_ns: Nanoseconds on the clock of time.monotonic_ns(): any int.\n"
"\n"
"Raises:\n"
"    TopicTypeError: time_ns is not an int, or as for subscribe() (a TypeError).\n"
"    OpenError, ClosedError: As for subscribe().");

PyDoc_STRVAR(after_doc, "after($self, time_ns, /, timeout=None)\n--\n\n"
"Return the first kept value whose time is time_ns or later as a Sample; block if there is none.\n"
"\n"
"It works before there is a publisher, and across its restart. Values older than max_age are left out. Does\n"
"not consume the value.\n"
"\n"
"Args:\n"
"    time_ns: As for at().\n"
"    timeout: The longest time to wait, in seconds; None for no limit, 0 not to wait.\n"
"\n"
"Raises:\n"
"    WaitTimeoutError: No such value arrived within timeout seconds (a TimeoutError).\n"
"    TopicTypeError, OpenError, ClosedError, TopicValueError: As for at() and recv().");

PyDoc_STRVAR(since_doc, "since($self, time_ns, /)\n--\n\n"
"Return all kept values whose time is later than time_ns, oldest first, as a list of Samples.\n"
"\n"
"Values older than max_age are left out, and so is everything if subscribe() would return ok False. Does not\n"
"consume the values. With the time of the last one it returns those that have come since.\n"
"\n"
"Args:\n"
"    time_ns: As for at().\n"
"\n"
"Raises:\n"
"    TopicTypeError, OpenError, ClosedError: As for at().");

PyDoc_STRVAR(wait_for_publisher_doc, "wait_for_publisher($self, /, timeout=None)\n--\n\n"
"Wait until the topic has a live publisher, whether or not it has published anything yet.\n"
"\n"
"Args:\n"
"    timeout: The longest time to wait, in seconds; None for no limit, 0 not to wait.\n"
"\n"
"Raises:\n"
"    WaitTimeoutError: There was no publisher within timeout seconds (a TimeoutError).\n"
"    TopicTypeError, OpenError, ClosedError: As for recv().");

PyDoc_STRVAR(fileno_doc, "fileno($self, /)\n--\n\n"
"Return a descriptor that is readable while there may be something to take: for selectors, poll, epoll and\n"
"event loops. It belongs to the subscriber; never read or close it.\n"
"\n"
"It stays readable until everything is taken. Wake-ups can be spurious: use try_recv(). The first call in a\n"
"process starts a thread, which serves up to 127 subscribers.\n"
"\n"
"Raises:\n"
"    OSError: There is no descriptor or no thread left.\n"
"    ClosedError: After close() (a ValueError).");

PyDoc_STRVAR(hold_doc, "_hold($self, /)\n--\n\n"
"Return fileno() and an object that keeps its number from being used again, even after close().");

PyDoc_STRVAR(tell_doc, "_tell($self, told, /)\n--\n\n"
"Say whether _renamed() will be called whenever the file of the topic's name changes: fileno() then costs less.");

PyDoc_STRVAR(renamed_doc, "_renamed($self, /)\n--\n\n"
"Look at the topic's name at the next read, and be readable until then.");

PyDoc_STRVAR(has_news_doc, "_has_news($self, /)\n--\n\n"
"Return whether there is a value to take; if not, fileno() is not readable until there is.");

PyDoc_STRVAR(skip_doc, "_skip($self, /)\n--\n\n"
"Take, and do not count as lost, all values that are there but the newest.");

PyDoc_STRVAR(arm_doc, "_arm($self, arms, /)\n--\n\n"
"Say whether values make fileno() readable, once it was readable and all was taken: by default they do.");

PyDoc_STRVAR(skip_each_doc, "_skip_each($self, /)\n--\n\n"
"Leave the newest value of each publisher as its only one to take, of the files that are mapped.");

PyDoc_STRVAR(take_doc, "_take($self, life, waits, /)\n--\n\n"
"recv(), or try_recv() if not waits, for that _open_epoch only: ClosedError when it is over.");

PyDoc_STRVAR(lost_doc, "The number of values that were overwritten before this subscriber took them. They are counted when the\n"
"next one is taken, or when a publisher's end leaves them behind.");

PyDoc_STRVAR(open_doc, "_open($self, path, type_tag, default_pair, max_age, history, copy, make,\n"
"      record=None, raw=False, /)\n--\n\n"
"Set up: the file's path (bytes), the type, the pair to return without a value, the age limit in ns or 0,\n"
"and how many existing values to receive first. With raw, values of any type but bool, int and float are\n"
"bytes or, large ones, memoryviews. Return the _open_epoch that begins.");

PyDoc_STRVAR(map_doc, "_map($self, life, attach, /, *arguments)\n--\n\n"
"Call attach(*arguments), gopy's, and read from what it found. Return (dead, pid, depth), with depth 0 if\n"
"another thread was faster, or None if there is nothing. If that _open_epoch is over by then, raise ClosedError\n"
"and keep nothing. No signal is handled in between: an interrupt cannot leak the mapping.");

PyDoc_STRVAR(close_doc, "_close($self, life=0, /)\n--\n\n"
"Unmap, unless that _open_epoch is over already; 0: any. Return whether it was open.");

PyDoc_STRVAR(alive_doc, "_alive($self, /)\n--\n\n"
"Look at the name if necessary, then whether the publisher holds its lock now: a system call.");

PyDoc_STRVAR(metadata_doc, "_metadata($self, /)\n--\n\n"
"Look at the name if necessary, and return the topic's metadata as bytes, which may be anything: a byte more than\n"
"is allowed if there is more. None without a topic, or metadata.");

PyDoc_STRVAR(copied_doc, "With copy=False: how many values had to be copied, because as many as the publisher's views= were held\n"
"at the time, or because this process may not write to the topic's file. Small arrays, which are always copied,\n"
"and text, lists and numbers do not count.");

#define WAITS (METH_FASTCALL | METH_KEYWORDS)

PyMethodDef subscriber_methods[] = {
    {"subscribe", (PyCFunction)subscriber_subscribe, METH_NOARGS, subscribe_doc},
    {"recv", (PyCFunction)(void (*)(void))receive_recv, WAITS, recv_doc},
    {"try_recv", (PyCFunction)receive_try, METH_NOARGS, try_recv_doc},
    {"drain", (PyCFunction)(void (*)(void))drain, WAITS, drain_doc},
    {"last", (PyCFunction)(void (*)(void))last_values, WAITS, last_doc},
    {"sample", (PyCFunction)receive_newest, METH_NOARGS, sample_doc},
    {"recv_sample", (PyCFunction)(void (*)(void))receive_sample, WAITS, recv_sample_doc},
    {"at", (PyCFunction)by_time_at, METH_O, at_doc},
    {"after", (PyCFunction)(void (*)(void))by_time_after, WAITS, after_doc},
    {"since", (PyCFunction)by_time_since, METH_O, since_doc},
    {"wait_for_publisher", (PyCFunction)(void (*)(void))receive_publisher, WAITS, wait_for_publisher_doc},
    {"fileno", (PyCFunction)fileno_get, METH_NOARGS, fileno_doc},
    {"_hold", (PyCFunction)fileno_hold, METH_NOARGS, hold_doc},
    {"_tell", (PyCFunction)fileno_tell, METH_O, tell_doc},
    {"_renamed", (PyCFunction)fileno_renamed, METH_NOARGS, renamed_doc},
    {"_has_news", (PyCFunction)take_has_news, METH_NOARGS, has_news_doc},
    {"_skip", (PyCFunction)take_skip, METH_NOARGS, skip_doc},
    {"_arm", (PyCFunction)fileno_set_armed, METH_O, arm_doc},
    {"_skip_each", (PyCFunction)take_skip_each, METH_NOARGS, skip_each_doc},
    {"_take", (PyCFunction)receive_in, METH_VARARGS, take_doc},
    {"_open", (PyCFunction)subscriber_open, METH_VARARGS, open_doc},
    {"_map", (PyCFunction)attachment_map, METH_VARARGS, map_doc},
    {"_close", (PyCFunction)subscriber_close, METH_VARARGS, close_doc},
    {"_alive", (PyCFunction)subscriber_alive, METH_NOARGS, alive_doc},
    {"_metadata", (PyCFunction)metadata_get, METH_NOARGS, metadata_doc},
    {NULL, NULL, 0, NULL},
};

/* A class of its own has them: with a keyword they cost the others 1 to 4 ns. */
PyMethodDef subscriber_array_methods[] = {
    {"subscribe", (PyCFunction)(void (*)(void))subscriber_subscribe_into, WAITS, subscribe_doc},
    {"try_recv", (PyCFunction)(void (*)(void))receive_try_into, WAITS, try_recv_doc},
    {NULL, NULL, 0, NULL},
};

bool
is_subscriber_type(PyTypeObject *type)
{
    for (; type != NULL; type = type->tp_base) {
        if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
            PyType_GetSlot(type, Py_tp_methods) == subscriber_methods) {
            return true;
        }
    }
    return false;
}

static PyObject *
get_mapped(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->ring.mapped != NULL);
}

static PyObject *
get_untrusted(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->untrusted.ino != 0);
}

static PyObject *
get_open(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(s->path != NULL);
}

static PyObject *
get_buffers(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(s->ring.mapped == NULL ? 0 : s->depth);
}

static PyObject *
get_open_epoch(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(s->path == NULL ? 0 : s->open_epoch);
}

static PyObject *
get_present(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(s->ring.mapped == NULL ? 0 : s->cursor.present.file->number);
}

/* A previous file is released only when another value is taken: until then it is the last value's. */
static PyObject *
get_taken_from(Subscriber *s, void *Py_UNUSED(closure))
{
    const struct topic_file *f = cursor_source(&s->cursor)->file;
    return PyLong_FromUnsignedLongLong(f == NULL ? 0 : f->number);
}

static PyObject *
get_bridged(Subscriber *s, void *Py_UNUSED(closure))
{
    const struct attachment *a = cursor_source(&s->cursor);
    return PyBool_FromLong(a->ring.mapped != NULL && a->file->bridged);
}

static PyObject *
get_lost(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(s->cursor.lost);
}

static PyObject *
get_copied(Subscriber *s, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(s->copied);
}

static PyGetSetDef getset[] = {
    {"_mapped", (getter)get_mapped, NULL, "Whether there is a file to read.", NULL},
    {"_untrusted", (getter)get_untrusted, NULL, "Whether the name's file belongs to somebody who is not trusted.", NULL},
    {"_is_open", (getter)get_open, NULL, "Whether subscribe works.", NULL},
    {"_buffers", (getter)get_buffers, NULL, "How many values the topic keeps; 0 without a file to read.", NULL},
    {"_open_epoch", (getter)get_open_epoch, NULL, "How often it was set up; 0 while it is closed.", NULL},
    {"_present", (getter)get_present, NULL, "The number of the file that is read, another with each publisher; 0: none.", NULL},
    {"_taken_from", (getter)get_taken_from, NULL, "The number of the file whose value was just taken.", NULL},
    {"_bridged", (getter)get_bridged, NULL, "Whether the publisher of the file that values are taken from is marked as bridged.", NULL},
    {"lost", (getter)get_lost, NULL, lost_doc, NULL},
    {"copied", (getter)get_copied, NULL, copied_doc, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Subscriber, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_dealloc, subscriber_dealloc},
    {Py_tp_methods, subscriber_methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {Py_tp_iternext, receive_next},
    {0, NULL},
};

PyType_Spec subscriber_spec = {
    .name = "shm_pub_sub._hot.Subscriber",
    .basicsize = sizeof(Subscriber),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
