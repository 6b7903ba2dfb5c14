/* Padding: the writer of a record clears it, so that nothing of the program's memory is published. */
#ifndef SHM_RECORD_GAPS_H
#define SHM_RECORD_GAPS_H

#include "record.h"

/* Clears the gaps of n records that lie side by side, and those of records in them. */
void record_clear_gaps(const Record *r, char *records, size_t n);

#endif
