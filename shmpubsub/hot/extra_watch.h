/* Watches that a subscriber shares with others, besides its own behind fileno(): those of alignments. All of this is
   under the GIL. */
#ifndef SHM_EXTRA_WATCH_H
#define SHM_EXTRA_WATCH_H

#include "subscriber_object.h"

struct extra_watch {
    struct watch *watch;
    struct extra_watch *next, **link; /* in the subscriber's list; .link NULL: in none */
};

void extra_watch_add(Subscriber *s, struct extra_watch *w);
void extra_watch_remove(struct extra_watch *w);

/* Before what may be watched is unmapped or freed: detaches all watches, the one behind fileno() too. */
void extra_watch_detach_all(Subscriber *s);

#endif
