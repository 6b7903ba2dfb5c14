/* Closing topics when a process ends without ending Python: at_exit.c. */
#ifndef SHM_AT_EXIT_H
#define SHM_AT_EXIT_H

#include <stdint.h>

#include "layout.h"

struct exit_topic;

/* Returns 0 or an errno. After fork_init. */
int at_exit_init(void);

/* From now on exit() retires and removes the topic, whose file is at path and mapped. NULL with errno set if there
   is no memory. */
struct exit_topic *at_exit_add(const char *path, struct ring_head *head, uint32_t *wait);

/* Takes the topic off the list; then it may be unmapped. NULL: nothing. */
void at_exit_remove(struct exit_topic *t);

#endif
