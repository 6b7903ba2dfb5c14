/* What is left to do when a process ends without Python's own end: end.c. */
#ifndef SHM_END_H
#define SHM_END_H

#include <stdint.h>

#include "layout.h"

struct shm_topic;

/* Returns 0 or an errno. */
int end_init(void);

/* The topic whose file is at path, and mapped, is to be ended then; NULL with errno set without memory. */
struct shm_topic *end_with(const char *path, struct shm_state *state, uint32_t *wait);

/* It is not, from now on: it may be unmapped. */
void end_without(struct shm_topic *t);

#endif
