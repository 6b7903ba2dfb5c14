#include "publish_at.h"

#include "../protocol/eventcount.h"
#include "convert.h"
#include "keywords.h"
#include "publish_payload.h"
#include "refuse.h"
#include "stamp.h"

const char publish_at_doc[] = "publish_at($self, value, /, time_ns)\n--\n\n"
"Publish value as publish() does, with the time at which it was measured.\n"
"\n"
"Subscribers have it as Sample.time_ns, and find the value by it with at(), after() and since(). Ages, and\n"
"max_age, count from it.\n"
"\n"
"Args:\n"
"    value: As for publish().\n"
"    time_ns: Nanoseconds on the clock of time.monotonic_ns(), an int: not in the future, and not before the\n"
"        time of the value that this publisher published before, which may be the same.\n"
"\n"
"Raises:\n"
"    TopicTypeError: time_ns is not an int, or as for publish() (a TypeError). Nothing is published.\n"
"    TopicValueError: time_ns is less than 1, in the future, or before the time of the value before; or as for\n"
"        publish() (a ValueError). Nothing is published.\n"
"    RangeError, LoanError, ClosedError, ForkedError: As for publish().";

/* Of a bool, an int or a float topic. Each conversion may run any code, which closes p or opens it again. */
static PyObject *
publish_number(Publisher *p, PyObject *value, struct stamp *stamp)
{
    uint64_t word, now;
    enum shm_type type = p->type;
    if (value_word(type, value, &word) < 0) {
        return refuse_number(p, value);
    }
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    if (!stamp_parse(p, stamp->object, &stamp->ns)) {
        return NULL;
    }
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    if (p->type != type) {
        return refuse_value(p, value, false, -1);
    }
    if (!stamp_time(p, stamp, &now)) {
        return NULL;
    }
    ring_write(&p->ring, word, now);
    eventcount_notify(p->wait);
    Py_RETURN_NONE;
}

PyObject *
publish_at(Publisher *p, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    static const struct signature signature = {"publish_at", true, {"time_ns"}};
    PyObject *time;
    if (n < 1 || n > 2) {
        return PyErr_Format(PyExc_TypeError, "publish_at() takes 2 arguments, value and time_ns (%zd given)", n);
    }
    if (!keywords_parse(&signature, args + 1, n - 1, names, &time)) {
        return NULL;
    }
    if (time == NULL) {
        PyErr_SetString(PyExc_TypeError, "publish_at() missing 1 required argument: 'time_ns'");
        return NULL;
    }
    if (p->ring.mapped == NULL) {
        return refuse_publisher(p);
    }
    struct stamp stamp = {.given = true, .object = time};
    return p->type > SHM_FLOAT ? publish_payload(p, args[0], &stamp) : publish_number(p, args[0], &stamp);
}
