#include "take.h"

#include "arguments.h"
#include "attachment.h"
#include "fileno.h"

int
take(Subscriber *s, struct ring_value *v)
{
    s->cursor.receiving = true;
    for (;;) {
        enum ring_read found = cursor_next(&s->cursor, v);
        if (found == RING_OK) {
            if (__builtin_expect(s->watch != NULL, 0) && !cursor_unread(&s->cursor)) {
                fileno_arm(s);
            }
            return 1;
        }
        /* Look for another file only with nothing left to take here. If one was entered, values published since then
           are in `previous`. */
        uint64_t epoch = s->cursor.epoch;
        int ready = attachment_ready(s);
        if (ready < 0) {
            return -1;
        }
        if (epoch != s->cursor.epoch) {
            continue;
        }
        if (ready > 0 && found == RING_CORRUPT) {
            raised(PyObject_CallMethod((PyObject *)s, "_corrupt", NULL));
            return -1;
        }
        if (s->watch != NULL) {
            fileno_arm(s);
        }
        return 0;
    }
}

int
take_pending(Subscriber *s)
{
    s->cursor.receiving = true;
    for (;;) {
        cursor_drop_empty_previous(&s->cursor);
        if (cursor_unread(&s->cursor)) {
            return 1;
        }
        uint64_t epoch = s->cursor.epoch;
        int ready = attachment_ready(s);
        if (ready < 0 || epoch == s->cursor.epoch) {
            return ready < 0 ? -1 : 0;
        }
    }
}

bool
take_back(Subscriber *s, const struct cursor_mark *mark, uint64_t k)
{
    if (!cursor_return(&s->cursor, mark, k)) {
        return false;
    }
    watch_detach(s->watch);
    return true;
}
