/* Text and lists: payloads of which an object is made that has another form in memory. */
#ifndef SHM_DECODE_H
#define SHM_DECODE_H

#include "subscriber_object.h"
#include "value_type.h"

#include "../protocol/payload.h"

/* A str of UTF-8 that nobody else can change. NULL with a UnicodeDecodeError or another one set. */
PyObject *decode_utf8(const char *bytes, Py_ssize_t length);

/* 1: *object is it; 0: the payload was overwritten meanwhile; -1 with an error set. */
int decode_text(Subscriber *s, const struct value_type *t, const struct payload *p, PyObject **object);
int decode_list(const struct value_type *t, const struct payload *p, PyObject **object);

#endif
