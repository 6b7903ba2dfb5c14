#include "extra_watch.h"

void
extra_watch_add(Subscriber *s, struct extra_watch *w)
{
    w->next = s->extra_watches;
    w->link = &s->extra_watches;
    if (w->next != NULL) {
        w->next->link = &w->next;
    }
    s->extra_watches = w;
}

void
extra_watch_remove(struct extra_watch *w)
{
    if (w->link != NULL) {
        *w->link = w->next;
        if (w->next != NULL) {
            w->next->link = w->link;
        }
        w->link = NULL;
    }
}

void
extra_watch_detach_all(Subscriber *s)
{
    watch_detach(s->watch);
    for (struct extra_watch *w = s->extra_watches; w != NULL; w = w->next) {
        watch_detach(w->watch);
    }
}
