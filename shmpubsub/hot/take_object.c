#include "take_object.h"

#include "patience.h"
#include "read_payload.h"
#include "read_record.h"
#include "sample.h"
#include "take.h"

int
take_object(Subscriber *s, const struct wish *w, PyObject **object)
{
    struct patience patience = {.deadline = w->deadline};
    struct payload p;
    payload_init(&p);
    for (;;) {
        uint64_t taken_time = s->cursor.taken_time;
        int found = take_payload(s, &p);
        if (found <= 0) {
            return found;
        }
        struct topic_file *f = cursor_source(&s->cursor)->file;
        struct cursor_mark before = before_payload(s, f, &p, taken_time);
        int made = read_payload(s, f, &p, w->into, object);
        if (made > 0 && w->sample) {
            *object = sample_of(*object, p.k, p.time);
            made = *object != NULL ? 1 : -1;
        }
        if (made > 0) {
            return 1;
        }
        if (made < 0) {
            if (made != READ_SPENT && !take_back(s, &before, p.k)) {
                s->cursor.lost++;
            }
            return -1;
        }
        cursor_lapped(&s->cursor, &p);
        int more = patience_lapped(&patience, s, w->open_epoch);
        if (more <= 0) {
            return more;
        }
    }
}
