/* cursor.c and topic_file.c, unchanged, under real threads and without Python: built plainly and with sanitizers by
   test_cursor.py.

       cursor_stress FILES VALUES

   A publisher makes one file after the other and publishes VALUES in each. Threads share one cursor, under a lock that
   stands for the GIL, and wait for values without it, as wait.c does; so files are left, kept as the previous one and
   abandoned while others wait there. Every value of a file that was entered is received, in order, or lost.

   Prints "RECEIVED received, LOST lost". The macros NO_LOCK and NO_END_OF_WAIT break the harness. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "cursor.h"
#include "eventcount.h"
#include "page.h"

#define READERS 3
#define SLOTS 9
#define STRIDE 32
#define FIRST (SHM_HEADER_OFFSET + 256)
#define SIZE 4096 /* from the header on */
#define SLICE 100000000u /* ns */

#define FAIL(...) (fprintf(stderr, "cursor_stress: " __VA_ARGS__), fputc('\n', stderr), exit(1))

static unsigned long files, values;

/* The topic's name: what it points at, and for how long. */
static pthread_mutex_t name_lock = PTHREAD_MUTEX_INITIALIZER;
static char name[64]; /* "": nothing yet */
static unsigned long number;
static bool over;

static pthread_mutex_t gil = PTHREAD_MUTEX_INITIALIZER;
static struct cursor cursor;
static unsigned long entered, files_entered, received; /* entered: the number of the present file */
static char path[64];
static uint64_t last;

#ifdef NO_LOCK
#define TAKE(lock) ((void)(lock))
#define GIVE(lock) ((void)(lock))
#else
#define TAKE(lock) pthread_mutex_lock(lock)
#define GIVE(lock) pthread_mutex_unlock(lock)
#endif

static void *
publish(void *unused)
{
    (void)unused;
    uint64_t word = 0;
    for (unsigned long n = 1; n <= files; n++) {
        char file[] = "/tmp/cursor_stress.XXXXXX";
        int fd = mkstemp(file);
        if (fd < 0 || ftruncate(fd, SHM_HEADER_OFFSET + SIZE) != 0) {
            FAIL("no file %s", file);
        }
        void *page0 = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        void *base = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, SHM_HEADER_OFFSET);
        close(fd);
        if (page0 == MAP_FAILED || base == MAP_FAILED) {
            FAIL("no mapping");
        }
        struct ring r = ring_at(base, FIRST, STRIDE, SLOTS);
        pthread_mutex_lock(&name_lock);
        char old[sizeof name];
        snprintf(old, sizeof old, "%s", name);
        snprintf(name, sizeof name, "%s", file);
        number = n;
        pthread_mutex_unlock(&name_lock);
        if (*old != '\0') {
            unlink(old);
        }
        for (unsigned long k = 0; k < values; k++) {
            ring_write(&r, ++word, clock_now(CLOCK_MONOTONIC));
            eventcount_notify(page0);
            if (k % 16 == 0) {
                usleep(1);
            }
        }
        __atomic_store_n(&r.mapped->retired, 1, __ATOMIC_SEQ_CST);
        eventcount_notify(page0);
        munmap(base, SIZE);
        munmap(page0, page_size());
    }
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Goes on to the name's file, if it is another one. */
static bool
enter(void)
{
    char found[sizeof name];
    pthread_mutex_lock(&name_lock);
    unsigned long n = number;
    snprintf(found, sizeof found, "%s", name);
    int fd = n == entered ? -1 : open(found, O_RDONLY | O_CLOEXEC);
    pthread_mutex_unlock(&name_lock);
    if (fd < 0) {
        return false;
    }
    if (cursor.present.file != NULL) {
        topic_file_abandon(cursor.present.file);
        cursor_leave(&cursor);
        cursor_drop(&cursor);
    }
    struct mapping m = {.base = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, SHM_HEADER_OFFSET), .size = SIZE, .fd = fd};
    const struct geometry g = {.first = FIRST, .stride = STRIDE, .slots = SLOTS, .elem_size = 8};
    if (!mapping_is_sound(&m, &g)) {
        FAIL("an unsound mapping");
    }
    struct topic_file *f = topic_file_open(&m);
    struct ring r = ring_at(m.base, FIRST, STRIDE, SLOTS);
    cursor_enter(&cursor, f, &r);
    snprintf(path, sizeof path, "%s", found);
    entered = n;
    return true;
}

static bool
changed(const struct topic_file *f, const struct ring_head *head, uint64_t seen)
{
    return __atomic_load_n(&head->head, __ATOMIC_SEQ_CST) != seen || __atomic_load_n(&head->retired, __ATOMIC_SEQ_CST) ||
           __atomic_load_n(&f->abandoned, __ATOMIC_SEQ_CST);
}

static void
wait_for_value(void)
{
    struct topic_file *f = cursor.present.file;
    const struct ring_head *head = cursor.present.ring.mapped;
    uint64_t seen = cursor.present.ring.k;
    const struct wait_page *page = topic_file_wait_page(f, path);
    topic_file_begin_wait(f);
    GIVE(&gil);
    if (page == NULL) {
        usleep(50);
    }
    else {
        uint32_t announced = eventcount_announce(page->word);
        if (!changed(f, head, seen)) {
            eventcount_sleep(page->word, announced, clock_now(CLOCK_MONOTONIC) + SLICE, page->bit);
        }
    }
    TAKE(&gil);
#ifndef NO_END_OF_WAIT
    topic_file_end_wait(f);
#endif
}

static void *
receive(void *unused)
{
    (void)unused;
    TAKE(&gil);
    for (;;) {
        cursor.receiving = true;
        bool ends = __atomic_load_n(&over, __ATOMIC_SEQ_CST);
        struct ring_value v;
        enum ring_read found = cursor_next(&cursor, &v);
        if (found == RING_OK) {
            if (v.word <= last) {
                FAIL("value %lu after %lu", v.word, last);
            }
            last = v.word;
            received++;
            continue;
        }
        if (found == RING_CORRUPT) {
            FAIL("garbage");
        }
        const struct ring_head *head = cursor.present.ring.mapped;
        if (head == NULL || __atomic_load_n(&head->retired, __ATOMIC_ACQUIRE)) {
            if (enter()) {
                files_entered++;
            }
            else if (ends) {
                break;
            }
            else {
                GIVE(&gil);
                usleep(50);
                TAKE(&gil);
            }
            continue;
        }
        wait_for_value();
    }
    GIVE(&gil);
    return NULL;
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        FAIL("how many files and values?");
    }
    files = strtoul(argv[1], NULL, 10);
    values = strtoul(argv[2], NULL, 10);
    pthread_t publisher, readers[READERS];
    if (pthread_create(&publisher, NULL, publish, NULL) != 0) {
        FAIL("no thread");
    }
    for (int i = 0; i < READERS; i++) {
        if (pthread_create(&readers[i], NULL, receive, NULL) != 0) {
            FAIL("no thread");
        }
    }
    pthread_join(publisher, NULL);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    cursor_leave(&cursor);
    if (received + cursor.lost != files_entered * values) {
        FAIL("%lu received and %lu lost of %lu", received, cursor.lost, files_entered * values);
    }
    cursor_end(&cursor);
    cursor_drop(&cursor);
    unlink(name);
    printf("%lu received, %lu lost\n", received, cursor.lost);
    return 0;
}
