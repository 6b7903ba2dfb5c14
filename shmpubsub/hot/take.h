/* Taking the next value, from whichever file it is in. take.go is the Go side. */
#ifndef SHM_TAKE_H
#define SHM_TAKE_H

#include "subscriber_object.h"

/* Takes the next value: 1, 0 if there is none, or -1 with an error set. While there are values it makes no system call
   and does not read the clock. */
int take(Subscriber *s, struct ring_value *v);

/* The same for values of any type. A payload that was taken is to be given up, or by cursor_lapped, before the next. */
int take_payload(Subscriber *s, struct payload *p);

/* Whether take would return 1 now: 1, 0, or -1 with an error set. */
int take_pending(Subscriber *s);

/* The methods _has_news, _skip and _skip_each. */
PyObject *take_has_news(Subscriber *s, PyObject *ignored);
PyObject *take_skip(Subscriber *s, PyObject *ignored);
PyObject *take_skip_each(Subscriber *s, PyObject *ignored);

/* The position before a payload that was just taken from file f; taken_time: the cursor's before that. A mark made
   earlier may be in another file. */
static inline struct cursor_mark
before_payload(const Subscriber *s, const struct topic_file *f, const struct payload *p, uint64_t taken_time)
{
    return (struct cursor_mark){f, s->cursor.epoch, p->k - 1, s->cursor.lost, taken_time};
}

/* Returns to the mark after value k was taken and could not be handed over. Returns false if it cannot. */
bool take_back(Subscriber *s, const struct cursor_mark *mark, uint64_t k);

#endif
