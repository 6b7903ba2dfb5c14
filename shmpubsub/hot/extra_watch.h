/* Watches of a subscriber besides the one behind fileno(): those of alignments, which have seen other values than were
   received. All of this is under the GIL. */
#ifndef SHM_EXTRA_WATCH_H
#define SHM_EXTRA_WATCH_H

#include "subscriber_object.h"

struct extra_watch {
    struct watch *watch;                      /* NULL: not yet */
    void (*closed)(struct extra_watch *self); /* the subscriber is closed, or opened again: must detach the watch */
    struct extra_watch *next, **link;         /* in the subscriber's list; .link NULL: in none */
};

void extra_watch_add(Subscriber *s, struct extra_watch *w);
void extra_watch_remove(struct extra_watch *w);

/* Before what they watch is unmapped: detaches all watches, the one behind fileno() too. */
void extra_watch_detach_all(Subscriber *s);

void extra_watch_close_all(Subscriber *s);

#endif
