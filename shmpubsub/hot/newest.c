#include "newest.h"

#include "arguments.h"
#include "attachment.h"
#include "patience.h"
#include "read_payload.h"
#include "sample.h"

/* Reads the newest value: 1, 0 if there is none or it is too old, or -1 with an error set. p then has its number and
   its time. */
static int
read_newest(Subscriber *s, PyObject *into, struct payload *p, PyObject **object)
{
    struct patience patience = {0};
    uint64_t open_epoch = s->open_epoch;
    payload_init(p);
    for (int ready = 1;;) {
        struct topic_file *f = s->cursor.present.file;
        enum ring_read found = ready ? payload_newest(&s->ring, f, path_of(s), use_of(s), p) : RING_EMPTY;
        if (found == RING_CORRUPT) {
            raise_corrupt((PyObject *)s);
            return -1;
        }
        if (found == RING_EMPTY) {
            return 0;
        }
        if (value_too_old(s, p->time)) {
            payload_release(p);
            return 0;
        }
        int made = read_pin_copy(s->ring, f, path_of(s), p) ? read_payload(s, f, p, into, object) : 0;
        if (made != 0) {
            return made;
        }
        payload_lapped(p);
        if (patience_lapped(&patience, s, open_epoch) < 0 || (ready = attachment_ready(s)) < 0) {
            return -1;
        }
    }
}

PyObject *
newest_pair(Subscriber *s, PyObject *into)
{
    struct payload p;
    PyObject *value = NULL;
    int found = read_newest(s, into, &p, &value);
    if (found <= 0) {
        return found < 0 ? NULL : nothing(s);
    }
    return pair_of(value);
}

PyObject *
newest_sample(Subscriber *s)
{
    struct payload p;
    PyObject *value = NULL;
    int found = read_newest(s, NULL, &p, &value);
    if (found <= 0) {
        return found < 0 ? NULL : Py_NewRef(Py_None);
    }
    return sample_of(value, p.k, p.time);
}
