/* The size of a page of memory, to which mappings are rounded. internal/page is the Go side. */
#ifndef SHM_PAGE_H
#define SHM_PAGE_H

#include <stddef.h>
#include <unistd.h>

/* The running kernel's. A build for tests has another: what it maps fits a kernel whose pages are that large. */
static inline size_t
page_size(void)
{
#ifdef SHM_TEST_PAGE_SIZE
    return SHM_TEST_PAGE_SIZE;
#else
    return (size_t)sysconf(_SC_PAGESIZE);
#endif
}

#endif
