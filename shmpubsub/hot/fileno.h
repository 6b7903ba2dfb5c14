/* When a subscriber's descriptor is readable, for select, poll, epoll and event loops. */
#ifndef SHM_FILENO_H
#define SHM_FILENO_H

#include "subscriber_object.h"

/* Everything was taken: the descriptor is not readable until there is more. Only if s has a watch. */
void fileno_arm(Subscriber *s);

/* The same for another watch of s, which has seen all up to head `seen`. */
void fileno_arm_watch(const Subscriber *s, struct watch *w, uint64_t seen);

/* Returns the watch's descriptor and an object that keeps its number from being used again; NULL with an error set. */
PyObject *fileno_hold_watch(struct watch *w);

/* s is closed: the descriptor stays readable. */
void fileno_end(Subscriber *s);

/* The methods fileno, _hold, _tell, _renamed and _arm. */
PyObject *fileno_get(Subscriber *s, PyObject *ignored);
PyObject *fileno_hold(Subscriber *s, PyObject *ignored);
PyObject *fileno_tell(Subscriber *s, PyObject *told);
PyObject *fileno_renamed(Subscriber *s, PyObject *ignored);
PyObject *fileno_set_armed(Subscriber *s, PyObject *arms);

#endif
