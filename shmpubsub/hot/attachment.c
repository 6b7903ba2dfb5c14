#include "attachment.h"

#include <errno.h>
#include <sys/stat.h>

#include "../protocol/owner.h"
#include "arguments.h"
#include "extra_watch.h"

/* Reads nothing more from the present file, which stays mapped: see struct cursor. */
static void
leave(Subscriber *s)
{
    s->last_k = 0;
    topic_file_abandon(s->cursor.present.file);
    extra_watch_detach_all(s);
    cursor_leave(&s->cursor);
    s->ring = (struct ring){0};
}

void
attachment_detach(Subscriber *s)
{
    if (s->cursor.present.file != NULL) {
        leave(s);
        cursor_drop(&s->cursor);
    }
}

enum name { NAME_ABSENT, NAME_SAME, NAME_REOPEN, NAME_UNTRUSTED, NAME_OTHER };

/* What the topic's name points at, compared with the present file. */
static enum name
look_up(Subscriber *s, struct identity *found)
{
    const struct topic_file *f = s->cursor.present.file;
    struct stat st;
    if (lstat(PyBytes_AS_STRING(s->path), &st) != 0) {
        /* _attach explains any other error. */
        return errno == ENOENT ? NAME_ABSENT : NAME_OTHER;
    }
    *found = identity_of(&st);
    if (s->untrusted.ino != 0 && identity_same(found, &s->untrusted) &&
        clock_now(CLOCK_MONOTONIC_COARSE) - s->untrusted_at < COARSE_CHECK_INTERVAL) {
        return NAME_UNTRUSTED;
    }
    if (f == NULL || st.st_dev != f->dev || st.st_ino != f->ino) {
        return NAME_OTHER;
    }
    return f->reopen ? NAME_REOPEN : NAME_SAME;
}

/* 1 yes, 0 no, -1 the program has closed the descriptor. */
static int
lock_held(const Subscriber *s)
{
    const struct topic_file *f = s->cursor.present.file;
    return owner_lock_held(f->mapping.fd, f->dev, f->ino);
}

bool
attachment_publisher_lives(Subscriber *s)
{
    return lock_held(s) == 1;
}

bool
attachment_check(Subscriber *s, uint64_t now)
{
    s->checked_at = now;
    int held = lock_held(s);
    if (held < 0) {
        s->cursor.present.file->reopen = true;
        return false;
    }
    struct identity found;
    return held || (s->cursor.present.file->retain && look_up(s, &found) == NAME_SAME);
}

void *
attachment_raise_over(Subscriber *s)
{
    const char *method = s->path == NULL ? "_say_closed" : "_say_set_up_again";
    return raised(PyObject_CallMethod((PyObject *)s, method, NULL));
}

bool
attachment_is_over(Subscriber *s, uint64_t open_epoch)
{
    bool over = s->path != NULL && s->open_epoch != open_epoch;
    if (over) {
        attachment_raise_over(s);
    }
    return over;
}

int
attachment_attach(Subscriber *s)
{
    for (uint64_t open_epoch = s->open_epoch;;) {
        struct identity found = {0};
        uint64_t asked_at = clock_now(CLOCK_MONOTONIC_COARSE);
        if (s->path != NULL) {
            switch (look_up(s, &found)) {
            case NAME_ABSENT:
                s->untrusted = (struct identity){0};
                attachment_detach(s);
                return 0;
            case NAME_UNTRUSTED: /* the same file as before */
                attachment_detach(s);
                return 0;
            case NAME_SAME: /* and dead */
                if (s->cursor.present.ring.mapped != NULL) {
                    leave(s);
                }
                return 0;
            case NAME_REOPEN:
                break;
            case NAME_OTHER:
                attachment_detach(s);
                break;
            }
        }
        uint64_t epoch = s->cursor.epoch;
        /* Runs Python: meanwhile another thread may close s, open it again, or attach it too. */
        PyObject *result = PyObject_CallMethod((PyObject *)s, "_attach", NULL);
        if (result == NULL) {
            return -1;
        }
        bool something = result == Py_True, untrusted = result == Py_None;
        Py_DECREF(result);
        if (!attachment_still_open(s, open_epoch)) {
            attachment_raise_over(s);
            return -1;
        }
        if (s->ring.mapped != NULL) {
            return 1;
        }
        if (untrusted && s->cursor.epoch == epoch) {
            attachment_detach(s);
            /* This was seen before Go judged. If Go judged another file, this one has already left the name. */
            s->untrusted = found;
            s->untrusted_at = asked_at;
        }
        if (!something) {
            return 0;
        }
        /* There was a publisher, but another thread has moved s on since: look again. */
    }
}
