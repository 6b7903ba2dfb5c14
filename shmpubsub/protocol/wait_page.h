/* Page 0 of a topic's file, the only one that a subscriber maps for writing. */
#ifndef SHM_WAIT_PAGE_H
#define SHM_WAIT_PAGE_H

#include <stdint.h>

/* Mapped until its last user releases it: a thread that sleeps on a word that another one unmaps might find itself on
   whatever is mapped there next. */
struct wait_page {
    uint32_t *word; /* the eventcount */
    uint32_t bit;   /* with which its waiters sleep: eventcount_interrupt */
    unsigned users;
};

/* Maps it, with one user. NULL with errno set if that fails. */
struct wait_page *wait_page_map(int fd);

void wait_page_hold(struct wait_page *p);
void wait_page_release(struct wait_page *p);

#endif
