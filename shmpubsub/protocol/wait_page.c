#include "wait_page.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "layout.h"
#include "page.h"

struct wait_page *
wait_page_map(int fd)
{
    static unsigned mapped;
    struct wait_page *p = malloc(sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    unsigned char *memory = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        free(p);
        return NULL;
    }
    unsigned number = (unsigned)getpid() + __atomic_fetch_add(&mapped, 1, __ATOMIC_RELAXED);
    *p = (struct wait_page){.word = (uint32_t *)(memory + SHM_WAIT_OFFSET), .bit = 1u << number % 32, .users = 1};
    return p;
}

void
wait_page_hold(struct wait_page *p)
{
    __atomic_fetch_add(&p->users, 1, __ATOMIC_RELAXED);
}

void
wait_page_release(struct wait_page *p)
{
    if (__atomic_sub_fetch(&p->users, 1, __ATOMIC_ACQ_REL) == 0) {
        munmap((unsigned char *)p->word - SHM_WAIT_OFFSET, page_size());
        free(p);
    }
}
