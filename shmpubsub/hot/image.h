/* A record with large arrays, as it will be in shared memory: its small parts are here, the arrays still where they
   are. */
#ifndef SHM_IMAGE_H
#define SHM_IMAGE_H

#include "fit.h"
#include "record.h"

/* Larger arrays are not copied twice. */
#define IMAGE_SMALL 512

struct image;

/* NULL with an error set. The record's elements are of the type. */
struct image *image_new(void);

/* Memory for the bytes from offset on, all zero: for the caller to fill before the next call. NULL with an error
   set. */
char *image_room(struct image *i, size_t offset, size_t size);

/* Memory that image_room has returned for the bytes at that offset. */
char *image_again(struct image *i, size_t offset);

/* An array at that offset, whose source it takes over, with what that holds. Returns 0, or -1 with an error set: then it
   has taken nothing. */
int image_array(struct image *i, size_t offset, const struct source *s, const struct value_type *t);

/* Copies all of it to where the record begins, but for its gaps. May let other threads run. Returns 0, or -1 with an
   error set. */
int image_copy(struct image *i, char *to);

/* Copies those arrays that are in the memory of `size` bytes, but not where image_copy would put them: it would overwrite
   them. Returns 0, or -1 with an error set. */
int image_detach(struct image *i, const char *memory, size_t size);

void image_free(struct image *i);

#endif
